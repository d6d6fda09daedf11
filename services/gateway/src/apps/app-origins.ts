import { apps, type Db } from '@ikigai/db'

/** How long the registered origins are used before they are read again. */
const FRESH_MS = 60_000
/** An origin that is not known is looked for again no more often than this. */
const RETRY_MS = 1_000

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
 * Those of the configuration and those of the registered apps. An app that was just added is let in within a second, one
 * that was removed is rejected within a minute (its tokens end at once). While Postgres does not answer, the last list is used.
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
      if (ageMs >= FRESH_MS || (!known.has(origin) && ageMs >= RETRY_MS)) await readOnce()
      return known.has(origin)
    },
  }
}
