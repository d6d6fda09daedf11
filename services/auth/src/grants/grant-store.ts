import type { StravaId } from '@ikigai/contracts'
import { athletes, type Db, grants, type Tx } from '@ikigai/db'
import type { KeyRing } from '@ikigai/keyring'
import { eq, sql } from 'drizzle-orm'
import type { Tokens } from './tokens.ts'

/** What is stored about a grant. */
export interface StoredGrant {
  readonly tokens: Tokens
  readonly state: 'active' | 'needs_reauthorization'
  readonly scopes: readonly string[]
  /** When Strava last handed out tokens: epoch ms. */
  readonly refreshedAt: number
  /** Refreshes in a row that failed for Strava's own reasons. */
  readonly failures: number
}

/** The grants in Postgres: sealed there, in clear here. */
export interface GrantStore {
  read(db: Db | Tx, athleteId: StravaId): Promise<StoredGrant | undefined>
  /** Stores new tokens; the athlete's row must exist. */
  write(tx: Tx, athleteId: StravaId, tokens: Tokens, refreshedAt: number): Promise<void>
  countFailure(tx: Tx, athleteId: StravaId): Promise<void>
  markNeedsReauthorization(tx: Tx, athleteId: StravaId): Promise<void>
  markActive(tx: Tx, athleteId: StravaId): Promise<void>
}

/** A token moved to another athlete's row, or into the other column, does not open. */
export const grantContext = (athleteId: StravaId, kind: 'access' | 'refresh') => `grant:${athleteId}:${kind}`

export function createGrantStore(keys: KeyRing): GrantStore {
  return {
    read: async (db, athleteId) => {
      const [row] = await db
        .select({ grant: grants, state: athletes.grantState, scopes: athletes.scopes })
        .from(grants)
        .innerJoin(athletes, eq(athletes.id, grants.athleteId))
        .where(eq(grants.athleteId, athleteId))
      if (row === undefined) return undefined
      const { grant, state, scopes } = row
      return {
        tokens: {
          accessToken: keys.open(grant.sealedAccessToken, grantContext(athleteId, 'access')),
          refreshToken: keys.open(grant.sealedRefreshToken, grantContext(athleteId, 'refresh')),
          expiresAt: grant.expiresAt.getTime(),
        },
        state,
        scopes,
        refreshedAt: grant.refreshedAt.getTime(),
        failures: grant.failures,
      }
    },
    write: async (tx, athleteId, tokens, refreshedAt) => {
      const values = {
        sealedAccessToken: keys.seal(tokens.accessToken, grantContext(athleteId, 'access')),
        sealedRefreshToken: keys.seal(tokens.refreshToken, grantContext(athleteId, 'refresh')),
        expiresAt: new Date(tokens.expiresAt),
        refreshedAt: new Date(refreshedAt),
        failures: 0,
      }
      await tx
        .insert(grants)
        .values({ athleteId, ...values })
        .onConflictDoUpdate({ target: grants.athleteId, set: values })
    },
    countFailure: async (tx, athleteId) => {
      await tx
        .update(grants)
        .set({ failures: sql`${grants.failures} + 1` })
        .where(eq(grants.athleteId, athleteId))
    },
    markNeedsReauthorization: (tx, athleteId) => mark(tx, athleteId, 'needs_reauthorization'),
    markActive: (tx, athleteId) => mark(tx, athleteId, 'active'),
  }
}

async function mark(tx: Tx, athleteId: StravaId, grantState: StoredGrant['state']): Promise<void> {
  await tx.update(athletes).set({ grantState }).where(eq(athletes.id, athleteId))
}
