import { type Clock, type Logger, type PeriodicTask, runPeriodically } from '@ikigai/chassis'
import { appCodes, appConnections, appRefreshTokens, type Db, personalTokens } from '@ikigai/db'
import { lt } from 'drizzle-orm'

const INTERVAL_MS = 600_000
/** Codes are kept for this time after they expire, so that a reused one ends its connection: ms. */
const CODE_RECORD_TTL_MS = 86_400_000

/** Periodically deletes expired codes, refresh tokens, connections and personal access tokens. */
export function startCleanup(db: Db, clock: Clock, logger: Logger): PeriodicTask {
  const cleanUp = async () => {
    const now = new Date(clock.now())
    await db.delete(appCodes).where(lt(appCodes.expiresAt, new Date(now.getTime() - CODE_RECORD_TTL_MS)))
    await db.delete(appRefreshTokens).where(lt(appRefreshTokens.expiresAt, now))
    await db.delete(appConnections).where(lt(appConnections.expiresAt, now))
    await db.delete(personalTokens).where(lt(personalTokens.expiresAt, now))
  }
  return runPeriodically(INTERVAL_MS, cleanUp, clock, logger)
}
