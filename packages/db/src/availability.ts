import { DATABASE_UNAVAILABLE, isUnavailable } from '@ikigai/chassis'
import postgres from 'postgres'
import { connectionTo } from './address.ts'

/** PostgreSQL cannot be reached: the query was not sent, or not answered. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError'
  readonly code = DATABASE_UNAVAILABLE

  constructor(options?: ErrorOptions) {
    super('PostgreSQL cannot be reached', options)
  }
}

/** Whether PostgreSQL can be reached, by the queries of this process. */
export interface Availability {
  /** @throws DatabaseUnavailableError while PostgreSQL cannot be reached */
  assertUp(): void
  /** Watches a running query: `giveUp` is called once if PostgreSQL becomes unreachable before it has ended. */
  watch(work: PromiseLike<unknown>, giveUp: (error: DatabaseUnavailableError) => void): void
  close(): void
}

/** A query that takes longer than this (ms) causes a probe. */
const SUSPECT_AFTER_MS = 1_000
/** A probe that takes longer than this (ms) has failed. */
const PROBE_TIMEOUT_MS = 1_500
/** Interval of checks of running queries, and of probes of an unreachable database (ms). */
const LOOK_INTERVAL_MS = 500
/** How long a successful probe is valid (ms). */
const PROBE_TTL_MS = 2_000

interface Pending {
  readonly since: number
  readonly giveUp: (error: DatabaseUnavailableError) => void
}

/**
 * Detects within about three seconds that PostgreSQL cannot be reached (refused, cut off, stopped, silent), rejects waiting
 * queries, and makes new ones fail at once until it answers again. Detection uses probes over a separate connection, made only
 * when a query fails or takes long, so that a busy pool does not count as an outage.
 */
export function watchAvailability(url: string, probe: () => Promise<void> = probeOf(url)): Availability {
  const pending = new Set<Pending>()
  let isDown = false
  let isClosed = false
  let isProbing = false
  let probedAt = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined

  const look = (): void => {
    timer = undefined
    const [oldest] = pending
    const isLate = oldest !== undefined && performance.now() - oldest.since > SUSPECT_AFTER_MS
    if (isDown || (isLate && performance.now() - probedAt > PROBE_TTL_MS)) suspect()
    keepLooking()
  }

  const keepLooking = (): void => {
    if (isClosed || timer !== undefined || (!isDown && pending.size === 0)) return
    timer = setTimeout(look, LOOK_INTERVAL_MS).unref()
  }

  const suspect = (): void => {
    if (isClosed || isProbing) return
    isProbing = true
    void probe()
      .then(
        () => {
          isDown = false
          probedAt = performance.now()
        },
        (error: unknown) => {
          isDown = true
          giveUpAll(error)
        },
      )
      .finally(() => {
        isProbing = false
        keepLooking()
      })
  }

  const giveUpAll = (cause: unknown): void => {
    const error = new DatabaseUnavailableError({ cause })
    for (const { giveUp } of pending) giveUp(error)
    pending.clear()
  }

  return {
    assertUp: () => {
      if (isDown) throw new DatabaseUnavailableError()
    },
    watch: (work, giveUp) => {
      const entry = { since: performance.now(), giveUp }
      pending.add(entry)
      keepLooking()
      work.then(
        () => pending.delete(entry),
        (error: unknown) => {
          // A query that we have rejected ourselves says nothing new.
          if (pending.delete(entry) && isUnavailable(error)) suspect()
        },
      )
    },
    close: () => {
      isClosed = true
      clearTimeout(timer)
    },
  }
}

/** One query over a separate connection. A server without a free connection counts as reachable. */
const probeOf = (url: string) => async (): Promise<void> => {
  const client = postgres({
    ...connectionTo(url, 'ikigai-probe'),
    max: 1,
    fetch_types: false,
    connect_timeout: PROBE_TIMEOUT_MS / 1_000,
  })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DatabaseUnavailableError()), PROBE_TIMEOUT_MS)
  })
  try {
    await Promise.race([client`select 1`, late])
  } catch (error) {
    if (!(error instanceof postgres.PostgresError) || error.code === '57P03') throw error
  } finally {
    clearTimeout(timer)
    void client.end({ timeout: 0 })
  }
}
