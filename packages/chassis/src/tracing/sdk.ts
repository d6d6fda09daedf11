// start-tracing.ts loads this file on demand, so that a service without tracing does not pay for the SDK.
export { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
export { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
export { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
