import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { BUILD } from './build-info.ts'
import type { HttpApp } from './http-app.ts'
import { routeOf } from './route-of.ts'

export { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** A service's registry, with the metrics of the process and the build. */
export function createRegistry(service: string): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  new Gauge({
    name: 'ikigai_build_info',
    help: 'The build that runs: 1, with its version and the commit it was built from as labels.',
    labelNames: ['version', 'revision'],
    registers: [registry],
  }).set({ ...BUILD }, 1)
  return registry
}

/** Registers a histogram of request durations by route pattern, method and status. */
export function measureHttp(app: HttpApp, registry: Registry): void {
  const seconds = new Histogram({
    name: 'ikigai_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its response.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  })
  app.addHook('onResponse', (request, reply, done) => {
    const labels = { method: request.method, route: routeOf(request), status: String(reply.statusCode) }
    seconds.observe(labels, reply.elapsedTime / 1_000)
    done()
  })
}
