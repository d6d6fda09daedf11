import { captureLogs } from '@ikigai/testkit'
import t from 'tap'
import { createHttp, createLogger } from '../src/index.ts'

const logs = captureLogs()
const logger = createLogger({ service: 'chassis-test', level: 'debug', destination: logs })
const app = createHttp({ logger })
app.get('/quiet', async () => ({}))
app.get('/loud', { logLevel: 'warn' }, async ({ log }) => {
  log.info('not at this level')
  log.warn({ token: 'hidden' }, 'once')
  log.child({ part: 'one' }).error('of a child')
  return log.bindings()
})
t.beforeEach(() => logs.clear())
t.teardown(() => app.close())

t.test('request logger: the line of a request has its id', async (t) => {
  const { headers } = await app.inject('/quiet')
  t.match(logs.lines(), [
    {
      level: 'info',
      reqId: headers['x-request-id'],
      method: 'GET',
      route: '/quiet',
      status: 200,
      msg: 'request',
    },
  ])
})

t.test('request logger: so has what is logged while it is answered', async (t) => {
  const { headers, body } = await app.inject('/loud')
  const reqId = headers['x-request-id']
  t.match(logs.lines(), [
    { level: 'warn', reqId, token: '[redacted]', msg: 'once' },
    { level: 'error', reqId, part: 'one', msg: 'of a child' },
    { level: 'info', reqId, status: 200, msg: 'request' },
  ])
  t.equal(JSON.parse(body).reqId, reqId)
})
