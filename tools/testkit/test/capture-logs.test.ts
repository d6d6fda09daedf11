import { captureLogs } from '@ikigai/testkit'
import t from 'tap'

t.test('capture logs: it keeps what is written, parsed line by line', async (t) => {
  const logs = captureLogs()
  logs.write('{"level":30,"msg":"hel')
  logs.write('lo"}\nplain words\n[1]\n')
  t.same(logs.lines(), [{ level: 30, msg: 'hello' }, { msg: 'plain words' }, { msg: '[1]' }])
  t.equal(logs.text(), '{"level":30,"msg":"hello"}\nplain words\n[1]\n')
  logs.clear()
  t.same(logs.lines(), [])
})
