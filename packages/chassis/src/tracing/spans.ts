import {
  type Attributes,
  context,
  propagation,
  type Span,
  type SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'

export { type Attributes, type Span, SpanKind } from '@opentelemetry/api'

/** Headers that carry a trace from one process to another (W3C Trace Context). */
export type Carrier = Readonly<Record<string, string>>

/** Options of a span. */
export interface SpanOptions {
  readonly kind: SpanKind
  readonly attributes?: Attributes
  /** Headers of the request or message that caused it; by default the parent is the current span. */
  readonly parent?: Carrier
}

const tracer = () => trace.getTracer('ikigai')

/** Runs `work` inside a span; an error marks the span as failed and is rethrown. Nearly free while tracing is off. */
export function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const { kind, attributes = {}, parent } = options
  const within = parent === undefined ? context.active() : propagation.extract(context.active(), parent)
  return tracer().startActiveSpan(name, { kind, attributes }, within, async (span) => {
    try {
      return await work(span)
    } catch (error) {
      failed(span, error)
      throw error
    } finally {
      span.end()
    }
  })
}

/** Begins a span that its caller ends, and runs `next` inside it. */
export function beginSpan(name: string, options: SpanOptions, next: () => void): Span {
  const { kind, attributes = {}, parent } = options
  const within = parent === undefined ? context.active() : propagation.extract(context.active(), parent)
  const span = tracer().startSpan(name, { kind, attributes }, within)
  context.with(trace.setSpan(within, span), next)
  return span
}

/** Runs `next` inside an open span. */
export const inSpanOf = (span: Span, next: () => void): void =>
  context.with(trace.setSpan(context.active(), span), next)

/** Marks a span as failed. Only the error's type is recorded: its message may contain a secret. */
export function failed(span: Span, error: unknown): void {
  const type = error instanceof Error ? error.name : typeof error
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** `traceparent` and `tracestate` of the current span; empty while tracing is off. */
export function traceHeaders(): Carrier {
  const carrier: Record<string, string> = {}
  propagation.inject(context.active(), carrier)
  return carrier
}

/** The current span as fields of a log line (OpenTelemetry, "Trace Context in non-OTLP Log Formats"); none outside of one. */
export function traceFields(): { trace_id?: string; span_id?: string; trace_flags?: string } {
  const span = trace.getActiveSpan()?.spanContext()
  if (span === undefined) return {}
  return {
    trace_id: span.traceId,
    span_id: span.spanId,
    trace_flags: `0${span.traceFlags.toString(16)}`.slice(-2),
  }
}
