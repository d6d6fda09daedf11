import type { BenchmarkContext } from './context/benchmark-context.ts'
import { cpuSeconds } from './context/cpu.ts'
import type { Program } from './context/program.ts'

/** A server under load, and its requests. */
export interface LoadTarget {
  readonly url: string
  readonly serverPid: number
  /** Environment of `programs/http-load.ts` beside the address. */
  readonly env?: Readonly<Record<string, string>>
}

/** One measurement under full load. */
export interface LoadReading {
  readonly perSecond: number
  /** Milliseconds; the mean of the clients' medians. */
  readonly p50: number
  /** Processor time of the server for 1,000 answers (seconds). */
  readonly cpuPerThousand: number
}

/** Clients that put targets under load, one after the other. */
export interface Load<Name extends string> {
  /** Client processes at each target. */
  readonly clients: number
  run(name: Name, options: { readonly connections: number; readonly ms: number }): Promise<LoadReading>
}

/** Share of busy time above which the client may be the bottleneck. */
const MAX_CLIENT_SHARE = 0.85

/**
 * Starts one client for each target, or two for each if one would be the bottleneck at any of them, so that all are
 * measured in the same way.
 */
export async function startLoad<Name extends string>(
  context: BenchmarkContext,
  targets: Readonly<Record<Name, LoadTarget>>,
): Promise<Load<Name>> {
  const entries = Object.entries<LoadTarget>(targets)
  const clients = new Map<string, Program[]>()
  const addToAll = async () => {
    for (const [name, { url, env = {} }] of entries) {
      const program = await context.program('http-load', { ...env, TARGET_URL: url })
      clients.set(name, [...(clients.get(name) ?? []), program])
    }
  }
  const run = async (name: string, { connections, ms }: { connections: number; ms: number }) => {
    const programs = clients.get(name) ?? []
    const serverPid = entries.find(([known]) => known === name)?.[1].serverPid ?? 0
    const share = Math.max(1, Math.round(connections / programs.length))
    const before = await cpuSeconds(serverPid)
    const readings = await Promise.all(programs.map((program) => program.ask({ connections: share, ms })))
    const used = (await cpuSeconds(serverPid)) - before
    const sum = (key: string) => readings.reduce((total, reading) => total + (reading[key] ?? Number.NaN), 0)
    return {
      perSecond: sum('perSecond'),
      p50: sum('p50') / readings.length,
      cpuPerThousand: (used / sum('answers')) * 1_000,
      clientShare: Math.max(...readings.map(({ cpuShare = 0 }) => cpuShare)),
    }
  }
  await addToAll()
  let share = 0
  for (const [name] of entries) {
    await run(name, { connections: 32, ms: 500 })
    share = Math.max(share, (await run(name, { connections: 32, ms: 500 })).clientShare)
  }
  if (share <= MAX_CLIENT_SHARE) return { clients: 1, run }
  await addToAll()
  return { clients: 2, run }
}
