import { createLogger } from '@ikigai/chassis'
import t from 'tap'
import { attentionIn, lastLinesOf, lineSplitter, withoutRepetitions } from '../../src/launcher/log-lines.ts'

t.test('log lines: of JSON only warnings and worse ask for attention, in short', async (t) => {
  t.equal(attentionIn('{"level":30,"msg":"fine"}'), undefined)
  t.same(attentionIn('{"level":40,"msg":"careful"}'), { severity: 'warning', text: 'careful' })
  t.same(attentionIn('{"level":45,"msg":"own level"}'), { severity: 'warning', text: 'own level' })
  t.equal(attentionIn('{"level":50,"msg":"broken","err":{"message":"no route"}}')?.text, 'broken: no route')
  t.equal(attentionIn('{"level":50,"msg":"same","err":{"message":"same"}}')?.text, 'same')
  t.equal(attentionIn('{"level":60}')?.text, '{"level":60}')
})

t.test('log lines: levels are labels as well as numbers', async (t) => {
  for (const level of ['trace', 'debug', 'info', 'silent', 'own'])
    t.equal(attentionIn(JSON.stringify({ level, msg: 'x' })), undefined, level)
  t.same(attentionIn('{"level":"warn","msg":"careful"}'), { severity: 'warning', text: 'careful' })
  t.same(attentionIn('{"level":"error","msg":"broken"}'), { severity: 'error', text: 'broken' })
  t.same(attentionIn('{"level":"FATAL","msg":"over"}'), { severity: 'error', text: 'over' })
})

t.test('log lines: what a service’s logger writes is understood', async (t) => {
  const lines: string[] = []
  const logger = createLogger({
    service: 'auth',
    level: 'info',
    destination: { write: (line) => lines.push(line) },
  })
  logger.info('fine')
  logger.warn({ athlete: '1' }, 'careful')
  logger.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'broken')
  logger.fatal(new RangeError())
  t.same(
    lines.map((line) => attentionIn(line)),
    [
      undefined,
      { severity: 'warning', text: 'careful' },
      { severity: 'error', text: 'broken: outer: inner' },
      { severity: 'error', text: attentionIn(lines[3] ?? '')?.text },
    ],
  )
  t.match(attentionIn(lines[3] ?? '')?.text, 'RangeError')
})

t.test('log lines: a line that is no log record is shown as it is, without control characters', async (t) => {
  t.equal(attentionIn('Error: the runtime speaks')?.text, 'Error: the runtime speaks')
  t.equal(attentionIn('[1]')?.text, '[1]')
  t.equal(attentionIn('  '), undefined)
  t.equal(attentionIn('{"level":"warn","msg":"a\\u001b[2Jb\\nc"}')?.text, 'a [2Jb c')
})

t.test('log lines: the same text is shown once in half a minute, then with how often it came', async (t) => {
  const shown: string[] = []
  let now = 0
  const attention = withoutRepetitions(
    ({ text }) => shown.push(text),
    () => now,
  )
  for (const [at, text] of [
    [0, 'down'],
    [1_000, 'down'],
    [2_000, 'slow'],
    [29_999, 'down'],
    [30_000, 'down'],
    [90_000, 'down'],
  ] as const) {
    now = at
    attention({ severity: 'error', text })
  }
  t.same(shown, ['down', 'slow', 'down (and 2 times before)', 'down'])
})

t.test('log lines: text is cut into lines wherever its chunks end', async (t) => {
  const lines: string[] = []
  const write = lineSplitter((line) => lines.push(line))
  for (const chunk of ['on', 'e\ntwo\nth', 'ree', '\n', 'rest']) write(chunk)
  t.same(lines, ['one', 'two', 'three'])
})

t.test('log lines: the last lines of a file', async (t) => {
  const folder = t.testdir({ log: 'a\nb\nc\n' })
  t.equal(lastLinesOf(`${folder}/log`, 2), 'b\nc')
  t.equal(lastLinesOf(`${folder}/none`), '')
})
