import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eventually } from '@ikigai/testkit'
import { startTracing } from '@ikigai/tracing'
import t from 'tap'
import { startStack } from './stack.ts'

interface SeenSpan {
  readonly traceId: string
  readonly name: string
}

/** An OTLP/HTTP collector that keeps what it gets. */
async function startCollector() {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    bodies.push(body)
    response.setHeader('content-type', 'application/json').end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const spans = (): SeenSpan[] =>
    bodies.flatMap((body) => [...body.matchAll(/"traceId":"(\w+)".*?"name":"([^"]+)"/g)]).map(toSpan)
  return { url: `http://127.0.0.1:${port}`, spans, text: () => bodies.join('\n') }
}

const toSpan = ([, traceId = '', name = '']: RegExpMatchArray): SeenSpan => ({ traceId, name })

t.test('one trace leads from the webhook to the call of Strava', async (t) => {
  const collector = await startCollector()
  const tracing = await startTracing({ service: 'test', endpoint: collector.url })
  t.teardown(() => tracing.stop())
  const stack = await startStack(t)
  const { admin } = stack.strava
  const athlete = admin.createAthlete({ activities: 3 })
  const visitor = await stack.signIn(athlete.id)
  await eventually(() => admin.subscription() !== null)
  const { id } = admin.createActivity(athlete.id, {})
  await eventually(async () => (await visitor.get(`/v1/activities/${id}`)).status === 200)

  const wanted = ['process STRAVA_EVENTS', 'process FETCH', 'strava GET']
  await eventually(() => {
    const spans = collector.spans()
    const received = spans.find(({ name }) => name.startsWith('POST /webhooks/strava'))
    const trace = spans.filter(({ traceId }) => traceId === received?.traceId).map(({ name }) => name)
    return wanted.every((name) => trace.includes(name))
  })
  const { accessToken = 'none', refreshToken = 'none' } = admin.tokens(athlete.id) ?? {}
  for (const secret of [accessToken, refreshToken, stack.env['STRAVA_WEBHOOK_SECRET'] ?? 'none']) {
    t.notMatch(collector.text(), secret, 'no span holds a secret')
  }
})
