import type { StravaId } from '@ikigai/contracts'
import { athletes, type Db, grants, type Tx } from '@ikigai/db'
import { ifOpens, type KeyRing } from '@ikigai/keyring'
import { enqueue, eventMessage } from '@ikigai/outbox'
import { and, eq, sql } from 'drizzle-orm'
import { expiryOf, type GrantChange, type GrantRecord } from './rules.ts'
import type { Tokens } from './tokens.ts'

export interface StoredGrant extends GrantRecord {
  /** Undefined when no key of the ring decrypts them. */
  readonly tokens: Tokens | undefined
  readonly state: 'active' | 'needs_reauthorization'
  readonly scopes: readonly string[]
  /** When Strava last issued tokens: epoch ms. */
  readonly refreshedAt: number
  /** When a refresh for a rejected access token returned the very same one: epoch ms. */
  readonly confirmedAt: number | null
  /** Consecutive refreshes that failed because Strava was unavailable. */
  readonly failures: number
}

/** Tokens that Strava has issued at `at`: epoch ms. */
export interface NewTokens {
  readonly tokens: Tokens
  readonly at: number
  /** Whether the access token is one that Strava has rejected before. */
  readonly confirmed?: boolean
}

/** The grants in Postgres, where the tokens are sealed. */
export interface GrantStore {
  read(db: Db | Tx, athleteId: StravaId): Promise<StoredGrant | undefined>
  /** Stores new tokens: the grant is active. The athlete's row must exist. */
  write(tx: Tx, athleteId: StravaId, tokens: NewTokens): Promise<void>
  /** Marks that a refresh has begun. It must be committed before Strava is called. */
  markRefreshBegun(db: Db, athleteId: StravaId, now: number): Promise<void>
  /** Stores the result of a refresh without new tokens. `recheckAt`: the next recheck of a blocked grant, epoch ms. */
  change(tx: Tx, athleteId: StravaId, change: GrantChange, recheckAt?: number): Promise<void>
  countFailure(tx: Tx, athleteId: StravaId): Promise<void>
  /** Marks that no key decrypts the grant. */
  markUnreadable(tx: Tx, athleteId: StravaId, now: number): Promise<void>
  /** Reverts {@link markUnreadable}: the missing key is back. */
  markReadable(tx: Tx, athleteId: StravaId, now: number): Promise<void>
}

/** Sealing context: a token moved to another row or column does not open. */
export const grantContext = (athleteId: StravaId, kind: 'access' | 'refresh') => `grant:${athleteId}:${kind}`

/** @param gracePeriodMs retention after a report without proof */
export function createGrantStore(keys: KeyRing, gracePeriodMs: number): GrantStore {
  return {
    read: async (db, athleteId) => {
      const [row] = await db
        .select({ grant: grants, state: athletes.grantState, scopes: athletes.scopes })
        .from(grants)
        .innerJoin(athletes, eq(athletes.id, grants.athleteId))
        .where(eq(grants.athleteId, athleteId))
      if (row === undefined) return undefined
      const { grant, state, scopes } = row
      const tokens = openTokens(keys, grant)
      return {
        tokens,
        state,
        scopes,
        refreshedAt: grant.refreshedAt.getTime(),
        failures: grant.failures,
        expiresAt: tokens?.expiresAt,
        refreshBegunAt: grant.refreshBegunAt?.getTime() ?? null,
        confirmedAt: grant.confirmedAt?.getTime() ?? null,
        blockedAt: grant.blockedAt?.getTime() ?? null,
        reportedAt: grant.reportedAt?.getTime() ?? null,
      }
    },
    write: async (tx, athleteId, { tokens, at, confirmed = false }) => {
      const values = {
        sealedAccessToken: keys.seal(tokens.accessToken, grantContext(athleteId, 'access')),
        sealedRefreshToken: keys.seal(tokens.refreshToken, grantContext(athleteId, 'refresh')),
        expiresAt: new Date(tokens.expiresAt),
        refreshedAt: new Date(at),
        confirmedAt: confirmed ? new Date(at) : null,
        failures: 0,
        refreshBegunAt: null,
        blockedAt: null,
        reportedAt: null,
        unreadableAt: null,
        recheckAt: null,
      }
      const writing = tx
        .insert(grants)
        .values({ athleteId, ...values })
        .onConflictDoUpdate({ target: grants.athleteId, set: values })
        .execute()
      // Pipelined.
      await Promise.all([writing, unblock(tx, athleteId, new Date(at))])
    },
    markRefreshBegun: async (db, athleteId, now) => {
      await db
        .update(grants)
        .set({
          refreshBegunAt: sql`coalesce(${grants.refreshBegunAt}, ${new Date(now).toISOString()}::timestamptz)`,
        })
        .where(eq(grants.athleteId, athleteId))
    },
    change: async (tx, athleteId, change, recheckAt) => {
      const { refreshBegunAt, blockedAt, reportedAt } = change
      await tx
        .update(grants)
        .set({
          refreshBegunAt: dateOf(refreshBegunAt),
          blockedAt: dateOf(blockedAt),
          reportedAt: dateOf(reportedAt),
          ...(recheckAt === undefined ? {} : { recheckAt: new Date(recheckAt) }),
        })
        .where(eq(grants.athleteId, athleteId))
      if (blockedAt === null) return
      await block(tx, athleteId, new Date(blockedAt))
      const erasureDueAt = dateOf(expiryOf(change, gracePeriodMs) ?? null)
      await tx
        .update(athletes)
        .set({ erasureDueAt, endReportedAt: dateOf(reportedAt) })
        .where(eq(athletes.id, athleteId))
    },
    countFailure: async (tx, athleteId) => {
      await tx
        .update(grants)
        .set({ failures: sql`${grants.failures} + 1` })
        .where(eq(grants.athleteId, athleteId))
    },
    markUnreadable: async (tx, athleteId, now) => {
      await tx
        .update(grants)
        .set({
          unreadableAt: sql`coalesce(${grants.unreadableAt}, ${new Date(now).toISOString()}::timestamptz)`,
        })
        .where(eq(grants.athleteId, athleteId))
      await block(tx, athleteId, new Date(now))
    },
    markReadable: async (tx, athleteId, now) => {
      const [grant] = await tx
        .update(grants)
        .set({ unreadableAt: null })
        .where(eq(grants.athleteId, athleteId))
        .returning({ blockedAt: grants.blockedAt })
      if (grant?.blockedAt === null) await unblock(tx, athleteId, new Date(now))
    },
  }
}

function openTokens(keys: KeyRing, grant: typeof grants.$inferSelect): Tokens | undefined {
  const { athleteId } = grant
  return ifOpens(() => ({
    accessToken: keys.open(grant.sealedAccessToken, grantContext(athleteId, 'access')),
    refreshToken: keys.open(grant.sealedRefreshToken, grantContext(athleteId, 'refresh')),
    expiresAt: grant.expiresAt.getTime(),
  }))
}

const dateOf = (epochMs: number | null) => (epochMs === null ? null : new Date(epochMs))

/** Sets the athlete's state to `needs_reauthorization`, and publishes `athlete.blocked`. */
async function block(tx: Tx, athleteId: StravaId, at: Date): Promise<void> {
  const blocked = await tx
    .update(athletes)
    .set({ grantState: 'needs_reauthorization' })
    .where(and(eq(athletes.id, athleteId), eq(athletes.grantState, 'active')))
    .returning({ id: athletes.id })
  if (blocked.length === 0) return
  const data = { athlete_id: athleteId, at: at.toISOString() }
  await enqueue(tx, [eventMessage('athlete.blocked', athleteId, data, at)])
}

/** Sets a blocked athlete's state to `active`, and publishes `athlete.connected`. The fetcher then continues a blocked import. */
async function unblock(tx: Tx, athleteId: StravaId, at: Date): Promise<void> {
  const [unblocked] = await tx
    .update(athletes)
    .set({ grantState: 'active', erasureDueAt: null, endReportedAt: null })
    .where(and(eq(athletes.id, athleteId), eq(athletes.grantState, 'needs_reauthorization')))
    .returning({ scopes: athletes.scopes })
  if (unblocked === undefined) return
  const data = { athlete_id: athleteId, scopes: unblocked.scopes, at: at.toISOString() }
  await enqueue(tx, [eventMessage('athlete.connected', athleteId, data, at)])
}
