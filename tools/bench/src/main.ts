import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { withTimeout } from '@ikigai/chassis/async'
import { type Benchmark, judge } from './benchmark.ts'
import { benchmarks } from './benchmarks.ts'
import { type BenchmarkServers, startBenchmarkServers } from './context/benchmark-context.ts'
import { describeRun, machineOf } from './machine.ts'
import { type Outcome, table } from './report.ts'
import { libraryVersions } from './versions.ts'

const USAGE = `npm run bench [-- names… --quick --json <file> --list]

  names    which benchmarks; without one, all but the long ones (--list shows all)
  --quick  less than a minute for all: shows that they work, and roughly how fast
  --json   writes the figures to a file as well
  --list   the names
`
const EXIT_USAGE = 64

/** Time-out of a benchmark, which normally observes its own maximum duration. */
const LIMIT_MS = 90_000

class UsageError extends Error {}

const say = (text: string) => process.stdout.write(`${text}\n`)

function readArguments() {
  const options = {
    quick: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    json: { type: 'string' },
  } as const
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true })
    return { ...values, chosen: choose(positionals) }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function choose(names: readonly string[]): readonly Benchmark[] {
  if (names.length === 0) return benchmarks.filter(({ limitMs }) => limitMs === undefined)
  return names.map((name) => {
    const found = benchmarks.find((benchmark) => benchmark.name === name)
    if (found === undefined) throw new UsageError(`There is no benchmark ${name}.`)
    return found
  })
}

async function runOne(benchmark: Benchmark, site: BenchmarkServers): Promise<Outcome> {
  const startedAt = performance.now()
  const { context, close } = site.context()
  const { limitMs = LIMIT_MS } = benchmark
  const outcome = await withTimeout(
    limitMs,
    benchmark.run(context),
    `no end after ${limitMs / 1_000} s`,
  ).then(
    (figures) => ({ figures }),
    (error: unknown) => ({ figures: [], failure: error instanceof Error ? error.message : String(error) }),
  )
  await close()
  return { name: benchmark.name, seconds: (performance.now() - startedAt) / 1_000, ...outcome }
}

async function main(): Promise<number> {
  const { quick, list, json, chosen } = readArguments()
  if (list) {
    for (const { name, what } of benchmarks) say(`${name.padEnd(12)} ${what}`)
    return 0
  }
  const site = await startBenchmarkServers({ quick, note: (text) => say(`  ${text}`) })
  let interrupted = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interrupted = true
      void site.stop().finally(() => process.exit(130))
    })
  }
  const outcomes: Outcome[] = []
  try {
    for (const benchmark of chosen) {
      say(`▸ ${benchmark.name}: ${benchmark.what}`)
      const outcome = await runOne(benchmark, site)
      outcomes.push(outcome)
      if (outcome.failure !== undefined) say(`  failed: ${outcome.failure}`)
    }
  } finally {
    if (!interrupted) await site.stop()
  }
  const versions = { node: process.versions.node, ...site.versions, ...libraryVersions() }
  const machine = machineOf()
  say(`\n${describeRun(machine, versions)}\n\n${table(outcomes)}`)
  if (json !== undefined)
    await writeFile(json, `${JSON.stringify(report(outcomes, { quick, machine, versions }), undefined, 2)}\n`)
  return outcomes.some(({ failure }) => failure !== undefined) ? 1 : 0
}

/** The JSON of `--json`. A figure below its target is reported but not an error, because the machine may be busy. */
function report(outcomes: readonly Outcome[], run: object) {
  return {
    at: new Date().toISOString(),
    ...run,
    benchmarks: outcomes.map(({ figures, ...outcome }) => ({
      ...outcome,
      figures: figures.map((figure) => ({ ...figure, verdict: judge(figure) })),
    })),
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\n\n${USAGE}`)
  process.exitCode = EXIT_USAGE
}
