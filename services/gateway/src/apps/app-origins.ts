import { apps, type Db } from '@ikigai/db'

/** The registered origins are read again after this time: ms. */
const MAX_AGE_MS = 60_000
/** For an unknown origin they are read again, but at most once in this time: ms. */
const MIN_READ_INTERVAL_MS = 1_000

/** The origins whose pages may use the API from a browser. */
export interface AppOrigins {
  isAllowed(origin: string): Promise<boolean>
}

/** The origins of the registered apps. */
export async function registeredOrigins(db: Db): Promise<readonly string[]> {
  const rows = await db.select({ origins: apps.origins }).from(apps)
  return rows.flatMap(({ origins }) => origins)
}

/**
 * The origins of the configuration and of the registered apps. A new app is allowed within a second, a removed one is rejected
 * within a minute (its tokens end at once). While PostgreSQL does not answer, the last list is used.
 */
export function createAppOrigins(
  readRegistered: () => Promise<readonly string[]>,
  clock: { now(): number },
  configured: readonly string[],
): AppOrigins {
  let known: ReadonlySet<string> = new Set(configured)
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | undefined

  const read = async () => {
    readAt = clock.now()
    known = new Set([...configured, ...(await readRegistered())])
  }
  const readOnce = () => {
    reading ??= read()
      .catch(() => {})
      .finally(() => {
        reading = undefined
      })
    return reading
  }

  return {
    async isAllowed(origin) {
      const ageMs = clock.now() - readAt
      if (ageMs >= MAX_AGE_MS || (!known.has(origin) && ageMs >= MIN_READ_INTERVAL_MS)) await readOnce()
      return known.has(origin)
    },
  }
}
