import { startTracing } from '@ikigai/chassis/tracing'
import { eventually, startCollector } from '@ikigai/testkit'
import t from 'tap'
import { startStack } from './stack.ts'

interface SeenSpan {
  readonly traceId: string
  readonly name: string
}

const toSpan = ([, traceId = '', name = '']: RegExpMatchArray): SeenSpan => ({ traceId, name })
const spansOf = (text: string): SeenSpan[] =>
  [...text.matchAll(/"traceId":"(\w+)".*?"name":"([^"]+)"/g)].map(toSpan)

t.test('tracing: one trace leads from the webhook to the call of Strava', async (t) => {
  const collector = await startCollector(t)
  const tracing = await startTracing({ service: 'test', endpoint: collector.url })
  t.teardown(() => tracing.stop())
  const stack = await startStack(t)
  const { admin } = stack.strava
  const athlete = admin.createAthlete({ activities: 3 })
  const visitor = await stack.signIn(athlete.id)
  await eventually(() => admin.subscription() !== null)
  const { id } = admin.createActivity(athlete.id, {})
  await eventually(async () => (await visitor.get(`/v1/activities/${id}`)).status === 200)

  const wanted = ['process STRAVA_EVENTS', 'fetch webhook', 'strava GET']
  await eventually(() => {
    const spans = spansOf(collector.text())
    const received = spans.find(({ name }) => name.startsWith('POST /webhooks/strava'))
    const trace = spans.filter(({ traceId }) => traceId === received?.traceId).map(({ name }) => name)
    return wanted.every((name) => trace.includes(name))
  })
  const [, traceId] = /"traceId":"(\w+)"[^}]*?"name":"POST \/webhooks/.exec(collector.text()) ?? []
  const lines = stack.logs.lines().filter((line) => line['trace_id'] === traceId)
  t.ok(
    lines.some(({ msg }) => msg === 'request'),
    'the line of the webhook’s request names the trace',
  )

  const { accessToken = 'none', refreshToken = 'none' } = admin.tokens(athlete.id) ?? {}
  for (const secret of [accessToken, refreshToken, stack.env['STRAVA_WEBHOOK_SECRET'] ?? 'none']) {
    t.notMatch(collector.text(), secret, 'no span holds a secret')
  }
})
