import { DATABASE_UNAVAILABLE, isUnavailable } from '@ikigai/chassis'
import postgres from 'postgres'
import { connectionTo } from './address.ts'

/** PostgreSQL was found out of reach; nothing was asked, or nothing was answered. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError'
  readonly code = DATABASE_UNAVAILABLE

  constructor(options?: ErrorOptions) {
    super('PostgreSQL cannot be reached', options)
  }
}

/** Whether PostgreSQL can be reached, as the work of this process shows it. */
export interface Availability {
  /** @throws DatabaseUnavailableError while PostgreSQL cannot be reached */
  assertUp(): void
  /** Watches work under way: `giveUp` is called once when PostgreSQL is found out of reach before the work has ended. */
  watch(work: PromiseLike<unknown>, giveUp: (error: DatabaseUnavailableError) => void): void
  close(): void
}

/** Work that takes longer raises the question whether PostgreSQL is still there: ms. */
const SUSPECT_AFTER_MS = 1_000
/** A probe that takes longer has failed: ms. */
const PROBE_TIMEOUT_MS = 1_500
/** Between two looks, at work under way and at a database that was found out of reach: ms. */
const LOOK_INTERVAL_MS = 500
/** A probe that succeeded answers for so long: ms. */
const PROBE_TTL_MS = 2_000

interface Pending {
  readonly since: number
  readonly giveUp: (error: DatabaseUnavailableError) => void
}

/**
 * Notices within about three seconds that PostgreSQL is out of reach (refused, cut off, stopped, silent), gives up what waits
 * for it, and has new work fail at once until it answers again. What it goes by are probes over a connection of their own,
 * made only when work fails or takes long: a pool that is merely busy is no outage.
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
          // Given up by us, it is no news.
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

/** One question over a connection of its own. A server without a free connection is there. */
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
