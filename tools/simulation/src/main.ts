import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { capacityReport } from './capacity.ts'
import { drawCharts } from './charts/charts.ts'
import { type Options, readOptions, USAGE, UsageError } from './options.ts'
import { comparison, targetTable } from './report.ts'
import { limitsOf, runOthers, runOurs } from './scenario.ts'
import { scenes, targetsOf } from './targets.ts'
import { makeWorkload } from './workload.ts'

interface Population {
  readonly athletes: number
  readonly days: number
  readonly limit: readonly [number, number]
  /** Share of athletes at the start. */
  readonly established: number
}

/** Strava's limits for applications of that size; the largest ones are individual. */
const POPULATIONS: readonly Population[] = [
  { athletes: 1, days: 60, limit: [100, 1_000], established: 0 },
  { athletes: 10, days: 60, limit: [200, 2_000], established: 0 },
  { athletes: 1_000, days: 60, limit: [300, 3_000], established: 0.3 },
  { athletes: 100_000, days: 14, limit: [2_500, 150_000], established: 0.9 },
]

const print = (text: string) => process.stdout.write(`${text}\n`)

async function simulateAll(options: Options): Promise<void> {
  print(`## Scenes\n\n${targetTable(scenes(options.seed))}`)
  for (const population of populationsOf(options)) await simulateOne(population, options)
}

function populationsOf({ athletes, days, limit }: Options): Population[] {
  const suits = (wanted: number) =>
    POPULATIONS.find((each) => each.athletes >= wanted) ?? POPULATIONS[POPULATIONS.length - 1]
  const chosen = athletes === undefined ? POPULATIONS : [{ ...suits(athletes), athletes }]
  return chosen.flatMap((each) => {
    const { days: usualDays = 60, limit: usualLimit, established = 0 } = each
    const limitNow = limit ?? usualLimit
    return limitNow === undefined
      ? []
      : [{ athletes: each.athletes, days: days ?? usualDays, limit: limitNow, established }]
  })
}

async function simulateOne(
  { athletes, days, limit, established }: Population,
  options: Options,
): Promise<void> {
  const { seed, history, perWeek } = options
  const startedAt = performance.now()
  const workload = makeWorkload({
    athletes,
    days,
    seed,
    established,
    medianHistory: history,
    medianPerWeek: perWeek,
  })
  const scenario = { workload, limits: limitsOf(...limit), seed }
  const ours = runOurs(scenario)
  const results = options.others ? [ours, ...runOthers(scenario)] : [ours]
  const folder = join(options.out, String(athletes))
  await mkdir(folder, { recursive: true })
  for (const [name, svg] of drawCharts(results)) await writeFile(join(folder, name), svg)
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
  print(
    [
      `\n## ${athletes.toLocaleString('en')} athletes, ${days} days, ${limit.map((n) => n.toLocaleString('en')).join(' / ')}`,
      `${targetTable(targetsOf(ours))}`,
      `${comparison(results)}`,
      `Charts: ${folder} (${seconds} s)`,
    ].join('\n\n'),
  )
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options.command === 'capacity')
    print(
      capacityReport({
        medianHistory: options.history,
        perWeek: options.perWeek,
        growth: options.growth,
      }),
    )
  else await simulateAll(options)
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\n\n${USAGE}\n`)
  process.exitCode = 64
}
