import { spawn } from 'node:child_process'
import {
  eventually,
  freePort,
  type LogLine,
  programArguments,
  type SpanExport,
  startCollector,
  type TestContext,
} from '@ikigai/testkit'
import t from 'tap'
import { parseOtlpHeaders } from '../src/tracing/otlp-headers.ts'

t.jobs = 3
const entry = new URL('programs/service.ts', import.meta.url)
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const TRACEPARENT = `00-${TRACE}-b7ad6b7169203331-01`

/** Runs the example service through one request, until it has ended: its log, and what the collector got. */
async function runTraced(t: TestContext, env: Readonly<Record<string, string>>, headers = {}) {
  const [collector, port] = await Promise.all([startCollector(t), freePort()])
  const given = Object.entries(env).map(([name, value]) => [name, value.replace('COLLECTOR', collector.url)])
  const child = spawn(process.execPath, programArguments(entry), {
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      PASSWORD: 'a-password',
      ...Object.fromEntries(given),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  await eventually(() => output.includes('"started"'), { timeoutMs: 60_000, what: 'started' })
  await (await fetch(`http://127.0.0.1:${port}/missing`, { headers })).text()
  child.kill('SIGTERM')
  if ((await ended) !== 0) throw new Error('the service failed')
  const lines: LogLine[] = output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
  const request = lines.find(({ msg }) => msg === 'request') ?? {}
  return { request, lines, output, exports: collector.exports() }
}

/** The attributes of the resource of an export, by name. */
function resourceOf({ body }: SpanExport): Readonly<Record<string, string>> {
  const { resourceSpans } = JSON.parse(body)
  return Object.fromEntries(
    resourceSpans[0].resource.attributes.map(
      ({ key, value }: { key: string; value: { stringValue: string } }) => [key, value.stringValue],
    ),
  )
}

t.test(
  'tracing: a log line of a request names the caller’s trace, and the span that the collector gets',
  async (t) => {
    const { request, exports } = await runTraced(
      t,
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'COLLECTOR' },
      { traceparent: TRACEPARENT },
    )
    t.match(request, { trace_id: TRACE, span_id: /^[0-9a-f]{16}$/, trace_flags: '01', status: 404 })
    t.equal(exports[0]?.path, '/v1/traces')
    t.match(exports[0]?.body, String(request['span_id']))
    t.match(exports.map(resourceOf)[0], {
      'service.name': 'ikigai-example',
      'service.namespace': 'ikigai',
      'service.version': /^\d+\.\d+\.\d+$/,
    })
  },
)

t.test(
  'tracing: the address of traces, headers and resource come from OpenTelemetry’s own variables',
  async (t) => {
    const { exports, output } = await runTraced(t, {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'COLLECTOR/own/path',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20of-ours,x-tenant=first',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-tenant=second',
      OTEL_SERVICE_NAME: 'my-gateway',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=club,service.name=unused',
    })
    t.equal(exports[0]?.path, '/own/path')
    t.match(exports[0]?.headers, { authorization: 'Basic of-ours', 'x-tenant': 'second' })
    t.match(exports.map(resourceOf)[0], {
      'service.name': 'my-gateway',
      'service.namespace': 'ikigai',
      'deployment.environment.name': 'club',
    })
    t.notMatch(output, 'of-ours', 'a header may be a secret')
  },
)

t.test('tracing: the sampler and its argument are followed', async (t) => {
  const never = await runTraced(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'COLLECTOR',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0',
  })
  t.equal(never.exports.length, 0)
  t.match(never.request, { trace_id: /^[0-9a-f]{32}$/, trace_flags: '00' })
})

t.test('tracing: a value that the specification does not know is reported and ignored', async (t) => {
  const { exports, lines } = await runTraced(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'COLLECTOR',
    OTEL_TRACES_SAMPLER: 'sometimes',
  })
  t.equal(exports.length, 1)
  t.ok(lines.some(({ msg, warning }) => msg === 'tracing' && /sometimes/.test(String(warning))))
})

for (const [name, value] of [
  ['OTEL_SDK_DISABLED', 'TRUE'],
  ['OTEL_TRACES_EXPORTER', 'none'],
] as const) {
  t.test(`tracing: ${name}=${value} turns it off`, async (t) => {
    const { exports, request } = await runTraced(t, {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'COLLECTOR',
      [name]: value,
    })
    t.equal(exports.length, 0)
    t.notOk('trace_id' in request)
  })
}

t.test('tracing: headers are pairs, and what is none is left out', async (t) => {
  t.same(parseOtlpHeaders('a=1, b = 2%2C3 ,c,=d,e=%zz,a=f=g'), { a: 'f=g', b: '2,3' })
})
