import { context, propagation, trace } from '@opentelemetry/api'

/** Where spans go, while tracing is on. */
export interface Tracing {
  /** Turns it off and sends what is left. Resolves, whatever comes of it, within some seconds. */
  stop(): Promise<void>
}

/** Which service traces, and where to. */
export interface TracingOptions {
  readonly service: string
  /** Base address of an OTLP/HTTP collector; undefined leaves tracing off. */
  readonly endpoint: string | undefined
}

let on = false

/** Whether this process traces. */
export const isTracing = () => on

/**
 * Turns tracing on for this process. The SDK is loaded only then, so that nobody else pays for it.
 * Spans leave in batches; a collector that is away loses them and nothing more.
 */
export async function startTracing({ service, endpoint }: TracingOptions): Promise<Tracing> {
  if (endpoint === undefined) return { stop: async () => {} }
  const { BatchSpanProcessor, NodeTracerProvider, OTLPTraceExporter, resourceFromAttributes } = await import(
    './sdk.ts'
  )
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: 3_000 })
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': `ikigai-${service}`, 'service.namespace': 'ikigai' }),
    spanProcessors: [new BatchSpanProcessor(exporter, { scheduledDelayMillis: 1_000 })],
  })
  provider.register()
  on = true
  return {
    stop: async () => {
      on = false
      for (const api of [trace, context, propagation]) api.disable()
      await provider.shutdown().catch(() => {})
    },
  }
}
