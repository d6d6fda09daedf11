import t from 'tap'
import { createTerminal } from '../../src/launcher/terminal.ts'

t.test('terminal: without a terminal there are no colours', async (t) => {
  const written: string[] = []
  const terminal = createTerminal({ write: (text) => written.push(text) }, {})
  terminal.begin('NATS')('on 4222')
  terminal.attention('fetcher', { severity: 'warning', text: 'careful' })
  terminal.print('*bold*')
  const text = written.join('')
  t.match(text, /^· NATS …\n✓ NATS on 4222 \d+\.\d s\n! fetcher: careful\nbold\n$/)
  t.notMatch(text, '\u001b')
})

t.test('terminal: a terminal has colours unless NO_COLOR is set', async (t) => {
  const written: string[] = []
  const out = { write: (text: string) => written.push(text), isTTY: true }
  createTerminal(out, {}).error('broken')
  createTerminal(out, { NO_COLOR: '1' }).error('broken')
  t.match(written[0], '\u001b[31m')
  t.notMatch(written[1], '\u001b')
})
