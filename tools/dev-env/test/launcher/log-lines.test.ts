import t from 'tap'
import { attentionIn, lastLinesOf, lineSplitter } from '../../src/launcher/log-lines.ts'

t.test('of JSON only warnings and worse ask for attention, in short', async (t) => {
  t.equal(attentionIn('{"level":30,"msg":"fine"}'), undefined)
  t.equal(attentionIn('{"level":40,"msg":"careful"}'), 'careful')
  t.equal(attentionIn('{"level":50,"msg":"broken","err":{"message":"no route"}}'), 'broken: no route')
  t.equal(attentionIn('{"level":50,"msg":"same","err":{"message":"same"}}'), 'same')
  t.equal(attentionIn('{"level":60}'), '{"level":60}')
})

t.test('what is no log record is shown as it is', async (t) => {
  t.equal(attentionIn('Error: the runtime speaks'), 'Error: the runtime speaks')
  t.equal(attentionIn('[1]'), '[1]')
  t.equal(attentionIn('  '), undefined)
})

t.test('text is cut into lines wherever its chunks end', async (t) => {
  const lines: string[] = []
  const write = lineSplitter((line) => lines.push(line))
  for (const chunk of ['on', 'e\ntwo\nth', 'ree', '\n', 'rest']) write(chunk)
  t.same(lines, ['one', 'two', 'three'])
})

t.test('the last lines of a file', async (t) => {
  const folder = t.testdir({ log: 'a\nb\nc\n' })
  t.equal(lastLinesOf(`${folder}/log`, 2), 'b\nc')
  t.equal(lastLinesOf(`${folder}/none`), '')
})
