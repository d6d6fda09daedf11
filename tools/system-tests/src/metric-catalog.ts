import type { ServiceRegistries } from './service-registries.ts'

/** A metric that services show. */
export interface CatalogMetric {
  readonly name: string
  /** `counter`, `gauge`, `histogram` or `summary`. */
  readonly type: string
  readonly unit: string
  /** Beside `service`, which every metric has. */
  readonly labels: readonly string[]
  readonly help: string
  readonly services: readonly string[]
}

/** Units by the end of a name; Prometheus’ base units. */
const UNITS: readonly (readonly [RegExp, string])[] = [
  [/_seconds(_total)?$/, 'seconds'],
  [/_bytes(_total)?$/, 'bytes'],
  [/_ratio$/, 'ratio'],
  [/_info$/, ''],
]

/** Every metric of every service once, by name. */
export async function metricCatalog(registries: ServiceRegistries): Promise<readonly CatalogMetric[]> {
  const metrics = new Map<string, CatalogMetric>()
  for (const [service, registry] of Object.entries(registries)) {
    for (const metric of await registry.getMetricsAsJSON()) {
      const { name, help } = metric
      const known = metrics.get(name)
      metrics.set(name, {
        name,
        type: String(metric.type),
        unit: UNITS.find(([end]) => end.test(name))?.[1] ?? 'count',
        labels: labelsOf(registry.getSingleMetric(name)),
        help,
        services: [...(known?.services ?? []), service],
      })
    }
  }
  return [...metrics.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
}

function labelsOf(metric: unknown): readonly string[] {
  const names =
    typeof metric === 'object' && metric !== null && 'labelNames' in metric ? metric.labelNames : []
  return Array.isArray(names) ? names.map(String) : []
}

/** Names of the series of a metric: a histogram has three for each of its own. */
export function seriesOf({ name, type }: CatalogMetric): readonly string[] {
  if (type === 'histogram') return [`${name}_bucket`, `${name}_sum`, `${name}_count`]
  return type === 'summary' ? [name, `${name}_sum`, `${name}_count`] : [name]
}

/** docs/operations/metrics.md */
export function metricsPage(metrics: readonly CatalogMetric[]): string {
  const own = metrics.filter(({ name }) => name.startsWith('ikigai_'))
  const process = metrics.filter(({ name }) => !name.startsWith('ikigai_'))
  return `# Metrics

Every service shows its metrics at \`/metrics\` of its operators' port, in Prometheus' format. This page is written by
\`npm run metrics\` from the registries of the services; a test fails when it is out of date. [Alerts](runbook.md) and the dashboard
([deploy/grafana](../../deploy/grafana/ikigai.json)) are made of these metrics, and [monitoring](monitoring.md) says how to collect them.

Every metric has the label \`service\`. No label holds an athlete, an address or a secret. What the fetcher reads from PostgreSQL and NATS
is the same in each of its replicas: take \`max\`, not \`sum\`. If it cannot be read, it has no samples.

## ikigai's own

${tableOf(own)}

## The process

What [prom-client](https://github.com/siimon/prom-client) shows of every Node process.

${tableOf(process)}
`
}

function tableOf(metrics: readonly CatalogMetric[]): string {
  const rows = metrics.map(({ name, type, unit, labels, help, services }) => [
    `\`${name}\``,
    type,
    unit,
    labels.map((label) => `\`${label}\``).join(', '),
    help.replaceAll('|', '\\|'),
    services.length === 4 ? 'all' : services.join(', '),
  ])
  const cells = [['metric', 'type', 'unit', 'labels', 'meaning', 'services'], ...rows]
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? []
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = cells
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)].join(
    '\n',
  )
}
