import { type Clock, type Logger, type PeriodicTask, runPeriodically } from '@ikigai/chassis'
import { appCodes, appConnections, appRefreshTokens, type Db, personalTokens } from '@ikigai/db'
import { lt } from 'drizzle-orm'

const INTERVAL_MS = 600_000
/** Codes are kept for this time, so that one presented again ends its connection. */
const CODES_KEPT_MS = 86_400_000

/** Removes what has expired: codes, refresh tokens, connections without any, personal access tokens. */
export function startCleanup(db: Db, clock: Clock, logger: Logger): PeriodicTask {
  const cleanUp = async () => {
    const now = new Date(clock.now())
    await db.delete(appCodes).where(lt(appCodes.expiresAt, new Date(now.getTime() - CODES_KEPT_MS)))
    await db.delete(appRefreshTokens).where(lt(appRefreshTokens.expiresAt, now))
    await db.delete(appConnections).where(lt(appConnections.expiresAt, now))
    await db.delete(personalTokens).where(lt(personalTokens.expiresAt, now))
  }
  return runPeriodically(INTERVAL_MS, cleanUp, clock, logger)
}
