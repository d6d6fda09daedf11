// What only those pay for who trace: start-tracing.ts loads it on demand.
export { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
export { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
export { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
