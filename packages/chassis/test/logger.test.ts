import { captureLogs } from '@ikigai/testkit'
import t from 'tap'
import { createLogger } from '../src/index.ts'
import { redact } from '../src/redact.ts'

const logs = captureLogs()
const logger = createLogger({ service: 'chassis-test', level: 'debug', destination: logs })
t.beforeEach(() => logs.clear())

t.test('logger: secrets are taken out at every level, in bindings as well', async (t) => {
  logger.child({ token: 'hidden-1', reqId: 'r1' }).info(
    {
      access_token: 'hidden-2',
      grant: { refresh_token: 'hidden-3', scopes: ['read'], deep: { deeper: { password: 'hidden-4' } } },
      list: [{ code: 'hidden-5' }, 'shown'],
      number: '7',
    },
    'a line',
  )
  t.notMatch(logs.text(), 'hidden')
  t.match(logs.lines(), [
    {
      service: 'chassis-test',
      level: 'info',
      reqId: 'r1',
      token: '[redacted]',
      access_token: '[redacted]',
      grant: { refresh_token: '[redacted]', scopes: ['read'], deep: { deeper: { password: '[redacted]' } } },
      list: [{ code: '[redacted]' }, 'shown'],
      number: '7',
      msg: 'a line',
    },
  ])
})

t.test('logger: a subject is shown without its athlete', async (t) => {
  for (const subject of ['ikigai.v1.fetch.signup.551', 'ikigai.v1.internal.grant.verify', 'other.7'])
    logger.warn({ subject }, 'discarded')
  t.same(
    logs.lines().map(({ subject }) => subject),
    ['ikigai.v1.fetch.signup.*', 'ikigai.v1.internal.grant.verify', 'other.7'],
  )
})

t.test('logger: an error has its code, and no credentials', async (t) => {
  const cause = Object.assign(new Error('connect postgres://user:hidden@db failed'), { code: 'ECONNREFUSED' })
  logger.error({ err: new Error('Failed query: select $1\nparams: hidden', { cause }) }, 'failed')
  logger.error(cause)
  t.notMatch(logs.text(), 'hidden')
  t.match(logs.lines(), [
    { err: { cause: { errorCode: 'ECONNREFUSED' } } },
    { err: { errorCode: 'ECONNREFUSED' } },
  ])
})

t.test('logger: what has no secrets is logged as it is, without being copied', async (t) => {
  const fields = {
    at: new Date(0),
    list: [1, [2]],
    nothing: null,
    missing: undefined,
    nested: { more: true },
  }
  t.equal(redact(fields), fields)
  const given = { token: 'x', nested: fields }
  t.same(redact(given), { token: '[redacted]', nested: fields })
  t.equal(given.token, 'x', 'what was given stays as it is')
})
