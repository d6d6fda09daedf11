import { parseArgs } from 'node:util'

/** A run of `npm run simulate`. */
export interface Options {
  readonly command: 'simulate' | 'capacity'
  readonly athletes: number | undefined
  readonly days: number | undefined
  readonly seed: number
  readonly limit: readonly [number, number] | undefined
  readonly out: string
  /** Whether the other policies run on the same workload. */
  readonly others: boolean
  readonly history: number
  readonly perWeek: number
  readonly growth: number
}

/** An argument is invalid. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const USAGE = `npm run simulate -- [options]            virtual months, ikigai beside three others; draws charts
npm run simulate -- capacity [options]   how many athletes a limit serves

  --athletes N       population (default: 1, 10, 1,000 and 100,000, one after the other)
  --days N           virtual days (default: 60, or 14 for 100,000)
  --limit 15MIN,DAY  reads allowed, such as 100,1000 (default: what suits the population)
  --seed N           same seed, same run (default: 1)
  --out FOLDER       where the charts go (default: docs/simulation)
  --only-ikigai      without the three others: a quarter of the time
  --history N        median history of an athlete (default: 400)
  --per-week N       median of an athlete's new activities in a week (default: 3)
  --growth PERCENT   capacity: new athletes in a month (default: 10)`

/**
 * Reads the command line.
 * @throws UsageError
 */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args)
  const [command = 'simulate', ...more] = positionals
  if ((command !== 'simulate' && command !== 'capacity') || more.length > 0)
    throw new UsageError(`unknown command: ${positionals.join(' ')}`)
  return {
    command,
    athletes: values.athletes === undefined ? undefined : whole('athletes', values.athletes),
    days: values.days === undefined ? undefined : whole('days', values.days),
    seed: whole('seed', values.seed ?? '1'),
    limit: values.limit === undefined ? undefined : pair(values.limit),
    out: values.out ?? 'docs/simulation',
    others: values['only-ikigai'] !== true,
    history: whole('history', values.history ?? '400'),
    perWeek: whole('per-week', values['per-week'] ?? '3'),
    growth: whole('growth', values.growth ?? '10') / 100,
  }
}

const text = { type: 'string' } as const

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        athletes: text,
        days: text,
        seed: text,
        limit: text,
        out: text,
        'only-ikigai': { type: 'boolean' },
        history: text,
        'per-week': text,
        growth: text,
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function whole(name: string, value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new UsageError(`--${name} must be a whole number above 0`)
  return Number(value)
}

function pair(value: string): readonly [number, number] {
  const [, quarterHour, day] = /^([1-9]\d{0,8}),([1-9]\d{0,8})$/.exec(value) ?? []
  if (quarterHour === undefined || day === undefined) throw new UsageError('--limit must be 15MIN,DAY')
  return [Number(quarterHour), Number(day)]
}
