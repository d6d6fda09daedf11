import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { testDatabase, testNats } from '@ikigai/testkit'
import t from 'tap'
import { metricCatalog, metricsPage, seriesOf } from '../src/metric-catalog.ts'
import { withServiceRegistries } from '../src/service-registries.ts'

const root = resolve(import.meta.dirname, '../../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const rules = read('deploy/prometheus/ikigai.rules.yml')
const ruleTests = read('deploy/prometheus/ikigai.rules.test.yml')
const runbook = read('docs/operations/runbook.md')

const [database, nats] = await Promise.all([testDatabase(t), testNats(t)])
const catalog = await withServiceRegistries({ databaseUrl: database.url, natsUrl: nats.url }, metricCatalog)
const series = new Set(catalog.flatMap(seriesOf))
const labelsOf = new Map(catalog.flatMap((metric) => seriesOf(metric).map((name) => [name, metric.labels])))

const alerts = [...rules.matchAll(/- alert: (\w+)\n([\s\S]*?)(?=\n {6}- alert:|$)/g)].map(
  ([, name = '', body = '']) => ({ name, body }),
)

/** Names of series in a text. */
const namesIn = (text: string) => [
  ...new Set([...text.matchAll(/\b(?:ikigai|nodejs|process)_[a-z0-9_]+/g)].map(([name]) => name)),
]

t.test('metrics: the page is that of the registries: npm run metrics', async (t) => {
  const [written, current] = [read('docs/operations/metrics.md'), metricsPage(catalog)]
  // What a process shows of itself depends on its operating system.
  const ownPart = (page: string) => page.slice(0, page.indexOf('## The process'))
  if (process.platform === 'linux') t.equal(written, current)
  else t.equal(ownPart(written), ownPart(current))
})

t.test('metrics: names and helps follow Prometheus’ conventions', async (t) => {
  for (const { name, type, help } of catalog.filter(({ name }) => name.startsWith('ikigai_'))) {
    t.match(name, /^[a-z][a-z0-9_]*$/)
    t.equal(name.endsWith('_total'), type === 'counter', `${name} is a ${type}`)
    t.match(help, /^[A-Z0-9].*\.$/, `${name}: the help is a sentence`)
  }
})

t.test('metrics: what operators need is there', async (t) => {
  for (const name of [
    'ikigai_fetch_queue_depth',
    'ikigai_fetch_queue_oldest_age_seconds',
    'ikigai_strava_calls_limit',
    'ikigai_strava_calls_used',
    'ikigai_strava_calls_in_flight',
    'ikigai_strava_calls_total',
    'ikigai_activities_oldest_age_seconds',
    'ikigai_webhook_events_total',
    'ikigai_outbox_oldest_age_seconds',
    'ikigai_consumer_pending_messages',
    'ikigai_grants',
    'ikigai_stream_messages',
    'ikigai_strava_circuit',
    'ikigai_build_info',
    'nodejs_eventloop_lag_p99_seconds',
  ]) {
    t.ok(series.has(name), name)
  }
})

t.test('monitoring: rules, their tests, dashboard and runbook name metrics that exist', async (t) => {
  for (const [file, text] of [
    ['rules', rules],
    ['tests of the rules', ruleTests],
    ['dashboard', read('deploy/grafana/ikigai.json')],
    ['runbook', runbook],
  ] as const) {
    const names = namesIn(text)
    t.ok(names.length > 2, `${file} names metrics`)
    t.same(
      names.filter((name) => !series.has(name)),
      [],
      file,
    )
  }
})

t.test('monitoring: queries select and group by labels that the metric has', async (t) => {
  const queries = [...alerts.map(({ body }) => body), ...dashboardQueries().map(({ expr }) => expr)]
  for (const query of queries) {
    for (const [, name = '', selector = ''] of query.matchAll(
      /\b((?:ikigai|nodejs|process)_[a-z0-9_]+)\{([^}]*)\}/g,
    )) {
      const known = [...(labelsOf.get(name) ?? []), 'service', 'instance', 'job', 'le']
      for (const [, label = ''] of selector.matchAll(/(\w+)\s*[!=]?[=~]"/g))
        t.ok(known.includes(label), `${name}{${label}}`)
    }
  }
})

t.test('dashboard: every panel asks for something that exists', async (t) => {
  const queries = dashboardQueries()
  t.ok(queries.length > 30)
  for (const { title, expr } of queries) {
    t.ok(namesIn(expr).length > 0 || /\bup\{/.test(expr), `${title}: ${expr}`)
  }
})

t.test('alerts: each links to its section in the runbook, and has tests', async (t) => {
  t.ok(alerts.length > 20)
  for (const { name, body } of alerts) {
    t.match(body, new RegExp(`runbook_url: \\S+/docs/operations/runbook\\.md#${name.toLowerCase()}$`, 'm'))
    t.match(body, /severity: (critical|warning)/)
    t.ok(new RegExp(`^## ${name}$`, 'm').test(runbook), `${name} has its section`)
    for (const kind of ['fires', 'stays quiet'])
      t.ok(ruleTests.includes(`name: ${name} ${kind}\n`), `${name} ${kind}`)
  }
  const sections = [...runbook.matchAll(/^## (\w+)$/gm)].map(([, name = '']) => name)
  t.same(
    sections,
    alerts.map(({ name }) => name),
    'the runbook has no other section',
  )
})

const promtool = findPromtool()
t.test(
  'alerts: promtool checks and tests the rules',
  { skip: promtool === undefined && 'promtool is neither on the PATH nor named by PROMTOOL' },
  async (t) => {
    const run = (...args: string[]) => promisify(execFile)(promtool ?? '', args, { cwd: root })
    t.match((await run('check', 'rules', 'deploy/prometheus/ikigai.rules.yml')).stdout, /SUCCESS/)
    t.match((await run('test', 'rules', 'deploy/prometheus/ikigai.rules.test.yml')).stdout, /SUCCESS/)
    t.match(
      (await run('check', 'config', '--syntax-only', 'deploy/prometheus/prometheus.yml')).stdout,
      /SUCCESS/,
    )
  },
)

function findPromtool(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'promtool'))
  return [process.env['PROMTOOL'] ?? '', ...folders].find((file) => file !== '' && existsSync(file))
}

interface Query {
  readonly title: string
  readonly expr: string
}

function dashboardQueries(): readonly Query[] {
  const { panels }: { panels: { title: string; targets?: { expr: string }[] }[] } = JSON.parse(
    read('deploy/grafana/ikigai.json'),
  )
  return panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })))
}
