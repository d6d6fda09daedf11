// Loaded on demand by start-tracing.ts, because the SDK takes time and memory.
export { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
export { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
export { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
