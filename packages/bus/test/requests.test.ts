import { captureLogs, testNats } from '@ikigai/testkit'
import { pino } from 'pino'
import t from 'tap'
import { Type } from 'typebox'
import { connectBus, endpoint, RequestError, request, startService } from '../src/index.ts'

const nats = await testNats(t)
const logs = captureLogs()
const logger = pino({}, logs)
const server = await connectBus({ servers: [nats.url], name: 'server', logger })
t.teardown(() => server.close())
const client = await connectBus({ servers: [nats.url], name: 'client', logger })
t.teardown(() => client.close())

const contract = (name: string) => ({
  subject: `bus-test.${name}`,
  request: Type.Object({ id: Type.String({ pattern: '^[0-9]+$' }) }, { additionalProperties: false }),
  reply: Type.Object({ id: Type.String() }),
})
const contracts = {
  echo: contract('echo'),
  refuse: contract('refuse'),
  fail: contract('fail'),
  text: contract('text'),
  liar: contract('liar'),
  slow: contract('slow'),
}
let finishSlow = () => {}
const slowEnd = new Promise<void>((resolve) => {
  finishSlow = resolve
})

const serving = await startService(server, { name: 'bus-test', version: '1.2.3', description: 'for tests' }, [
  endpoint('echo', contracts.echo, async ({ id }) => ({ id })),
  endpoint('refuse', contracts.refuse, async () => {
    throw new RequestError({ code: 'not_found', message: 'There is no such thing.' })
  }),
  endpoint('fail', contracts.fail, async () => {
    throw new Error('the secret reason')
  }),
  endpoint('text', contracts.text, async () => '{"id":"9007199254740993"}'),
  endpoint('liar', contracts.liar, async () => '{"no":"id"}'),
  endpoint('slow', contracts.slow, async ({ id }) => {
    await slowEnd
    return { id }
  }),
])

/** A second is the client's default, which a busy machine may need. */
const PATIENT = { timeout: 20_000 }

/** What a request was refused with. */
async function refusal(answer: Promise<unknown>): Promise<unknown> {
  const came: unknown = await answer.catch((error) => error)
  if (!(came instanceof RequestError)) throw new Error(`no refusal: ${String(came)}`, { cause: came })
  return came
}

t.test('requests: a request is answered', async (t) => {
  t.same(await request(client, contracts.echo, { id: '7' }), { id: '7' })
  t.same(
    await request(client, contracts.text, { id: '7' }),
    { id: '9007199254740993' },
    'JSON text goes out as it is',
  )
})

t.test('requests: a refusal arrives as it was meant', async (t) => {
  const refused: unknown = await request(client, contracts.refuse, { id: '7' }).catch((error) => error)
  t.ok(refused instanceof RequestError)
  t.match(refused, { body: { code: 'not_found', message: 'There is no such thing.' } })
})

t.test('requests: an unexpected error is hidden from the caller and logged', async (t) => {
  t.match(await refusal(request(client, contracts.fail, { id: '7' })), {
    body: { code: 'internal', message: 'This request could not be answered.' },
  })
  t.match(logs.text(), 'the secret reason')
})

t.test('requests: what does not match the schema never reaches the handler', async (t) => {
  t.match(await refusal(request(client, contracts.echo, { id: 'seven' })), {
    body: { code: 'bad_request', faults: [{ pointer: '/id' }] },
  })
  const raw = await client.nc.request(contracts.echo.subject, 'not JSON at all', PATIENT)
  t.match(raw.json(), { error: { code: 'bad_request', message: 'The request is not JSON.' } })
  t.equal(raw.headers?.get('Nats-Service-Error-Code'), '400')
  const empty = await client.nc.request(contracts.echo.subject, '', PATIENT)
  t.match(empty.json(), { error: { code: 'bad_request' } }, 'no body is an empty object')
  const bytes = await client.nc.request(contracts.echo.subject, new Uint8Array([0xff, 0xfe, 0x00]), PATIENT)
  t.match(bytes.json(), { error: { code: 'bad_request' } })
})

t.test('requests: a reply that does not match its schema is not passed on', async (t) => {
  t.match(await refusal(request(client, contracts.liar, { id: '7' })), { body: { code: 'internal' } })
})

t.test('requests: a reply that is no JSON is not passed on', async (t) => {
  const subject = 'bus-test.garbage'
  const subscription = server.nc.subscribe(subject, {
    callback: (_error, message) => message.respond('<html>'),
  })
  await server.nc.flush()
  t.teardown(() => subscription.unsubscribe())
  t.match(await refusal(request(client, { ...contracts.echo, subject }, { id: '7' })), {
    body: { code: 'internal' },
  })
})

t.test('requests: nobody answers, or not in time', async (t) => {
  t.match(await refusal(request(client, contract('nobody'), { id: '7' })), { body: { code: 'unavailable' } })
  const started = request(client, contracts.slow, { id: '7' }, 50)
  t.match(await refusal(started), { body: { code: 'unavailable' } })
})

t.test('requests: $SRV.PING, INFO and STATS answer', async (t) => {
  for (const verb of ['PING', 'INFO', 'STATS']) {
    const answer = await client.nc.request(`$SRV.${verb}.bus-test`, '', PATIENT)
    t.match(answer.json(), { name: 'bus-test', version: '1.2.3' }, verb)
  }
  const info = await client.nc.request('$SRV.INFO.bus-test', '', PATIENT)
  t.match(info.json(), {
    description: 'for tests',
    endpoints: [{ name: 'echo', subject: contracts.echo.subject }],
  })
  const stats = await client.nc.request('$SRV.STATS.bus-test', '', PATIENT)
  const { endpoints } = stats.json<{ endpoints: { name: string; num_requests: number }[] }>()
  t.ok((endpoints.find(({ name }) => name === 'echo')?.num_requests ?? 0) > 0)
})

t.test('requests: stopping answers what is under way', async (t) => {
  const answer = request(client, contracts.slow, { id: '8' })
  await client.nc.flush()
  await server.nc.flush()
  const stopping = serving.stop()
  finishSlow()
  await stopping
  t.same(await answer, { id: '8' })
  t.match(await refusal(request(client, contracts.echo, { id: '7' })), { body: { code: 'unavailable' } })
})
