import { context, DiagLogLevel, diag, propagation, trace } from '@opentelemetry/api'
import { withTimeout } from '../async/index.ts'
import { BUILD } from '../build-info.ts'
import { parseOtlpHeaders } from './otlp-headers.ts'

/** Running tracing of this process. */
export interface Tracing {
  /** Stops tracing and exports the remaining spans. Always resolves within some seconds. */
  stop(): Promise<void>
}

/** Options of {@link startTracing}. */
export interface TracingOptions {
  readonly service: string
  /** Base address of an OTLP/HTTP collector; spans go to `v1/traces` below it. */
  readonly endpoint?: string | undefined
  /** Full address for spans; overrides `endpoint`. Without both tracing is off. */
  readonly tracesEndpoint?: string | undefined
  /** Headers for the collector in the form of `OTEL_EXPORTER_OTLP_HEADERS`: `key=value,key=value`, percent-encoded. */
  readonly headers?: string | undefined
  /** Called for settings that the SDK ignores and spans that the collector rejected. */
  readonly onWarning?: ((warning: string) => void) | undefined
}

/** Time-out of exporting the remaining spans when the process ends. */
const STOP_TIMEOUT_MS = 3_000

let on = false

/** Whether this process traces. */
export const isTracing = () => on

/**
 * Turns tracing on for this process. Only then the SDK is loaded, which takes time and memory. Spans are exported in
 * batches, and lost while the collector is unavailable. The SDK itself reads the other `OTEL_` variables of the process
 * (sampler, resource, limits, batches).
 */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { service, endpoint, tracesEndpoint, headers, onWarning } = options
  const url =
    tracesEndpoint ?? (endpoint === undefined ? undefined : `${endpoint.replace(/\/$/, '')}/v1/traces`)
  if (url === undefined) return { stop: async () => {} }
  const sdk = await import('./sdk.ts')
  if (onWarning !== undefined) diag.setLogger(diagnostics(onWarning), { logLevel: DiagLogLevel.WARN })
  const exporter = new sdk.OTLPTraceExporter({
    url,
    ...(headers === undefined ? {} : { headers: parseOtlpHeaders(headers) }),
  })
  const resource = sdk
    .resourceFromAttributes({
      'service.name': `ikigai-${service}`,
      'service.namespace': 'ikigai',
      'service.version': BUILD.version,
    })
    // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES override ours.
    .merge(sdk.detectResources({ detectors: [sdk.envDetector] }))
  const provider = new sdk.NodeTracerProvider({
    resource,
    spanProcessors: [new sdk.BatchSpanProcessor(exporter)],
  })
  provider.register()
  on = true
  return {
    stop: async () => {
      on = false
      for (const api of [trace, context, propagation, diag]) api.disable()
      await withTimeout(STOP_TIMEOUT_MS, provider.shutdown()).catch(() => {})
    },
  }
}

function diagnostics(onWarning: (warning: string) => void) {
  const ignore = () => {}
  return { error: onWarning, warn: onWarning, info: ignore, debug: ignore, verbose: ignore }
}
