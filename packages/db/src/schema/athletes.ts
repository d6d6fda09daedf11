import { boolean, index, integer, pgTable, text } from 'drizzle-orm/pg-core'
import { instant, stravaId } from './columns.ts'

/** An athlete with an account. Every other row of the athlete references this one and is deleted with it. Written by auth. */
export const athletes = pgTable('athletes', {
  id: stravaId('id').primaryKey(),
  username: text('username'),
  firstName: text('first_name'),
  lastName: text('last_name'),
  profileUrl: text('profile_url'),
  /** Creation time of the Strava account, when Strava reports it. */
  stravaCreatedAt: instant('strava_created_at'),
  scopes: text('scopes').array().notNull(),
  /** `needs_reauthorization` while the grant is blocked or cannot be decrypted. */
  grantState: text('grant_state').$type<'active' | 'needs_reauthorization'>().notNull().default('active'),
  /** When all of the athlete's data is erased unless they connect again; null while the grant is accepted. */
  erasureDueAt: instant('erasure_due_at'),
  /** When a disconnect at Strava was reported that nothing has contradicted; null: none. */
  endReportedAt: instant('end_reported_at'),
  connectedAt: instant('connected_at').notNull(),
})

/** Strava's tokens of one athlete, encrypted under the key ring. Read and written only by auth. */
export const grants = pgTable('grants', {
  athleteId: stravaId('athlete_id')
    .primaryKey()
    .references(() => athletes.id, { onDelete: 'cascade' }),
  sealedAccessToken: text('sealed_access_token').notNull(),
  sealedRefreshToken: text('sealed_refresh_token').notNull(),
  expiresAt: instant('expires_at').notNull(),
  refreshedAt: instant('refreshed_at').notNull(),
  /** Consecutive refreshes that failed for Strava's own reasons. */
  failures: integer('failures').notNull().default(0),
  /** When a refresh with an unknown outcome began: Strava may have replaced the refresh token. Null otherwise. */
  refreshBegunAt: instant('refresh_begun_at'),
  /** When a refresh, requested because Strava rejected this access token, returned the same token. */
  confirmedAt: instant('confirmed_at'),
  /** Since when the grant is blocked, because Strava refuses the refresh token (Strava's clock if known). */
  blockedAt: instant('blocked_at'),
  /** When a deauthorization was reported that Strava's answers have not contradicted. */
  reportedAt: instant('reported_at'),
  /** Since when no key of the ring decrypts it. */
  unreadableAt: instant('unreadable_at'),
  /** When a blocked grant is tried again. */
  recheckAt: instant('recheck_at'),
})

/**
 * Reported deauthorizations that Strava has not confirmed: one row per athlete, however many events arrived. Written by the
 * fetcher, which runs the verification.
 */
export const grantVerifications = pgTable(
  'grant_verifications',
  {
    athleteId: stravaId('athlete_id')
      .primaryKey()
      .references(() => athletes.id, { onDelete: 'cascade' }),
    /** When the pending report arrived; null if there is none. */
    requestedAt: instant('requested_at'),
    /** Earliest start of the next verification. */
    notBefore: instant('not_before').notNull(),
    /** Consecutive attempts that found Strava or auth unavailable. */
    attempts: integer('attempts').notNull().default(0),
    /** End of the lease of the replica that verifies it, by the database's clock. */
    leasedUntil: instant('leased_until'),
  },
  (table) => [index('grant_verifications_not_before_idx').on(table.notBefore)],
)

/**
 * Revoked sessions; gateways read new rows. Kept until `expires_at`, also after an erasure. A row without session and athlete
 * (after a restore) revokes all sessions and tokens issued at or before `revoked_at`.
 */
export const sessionRevocations = pgTable(
  'session_revocations',
  {
    id: text('id').primaryKey(),
    /** One session; null: all sessions of the athlete, or of all athletes. */
    sessionId: text('session_id'),
    /** All sessions of this athlete issued at or before `revoked_at`; null for a single session, and for all athletes. */
    athleteId: stravaId('athlete_id'),
    /** Whether tokens of apps and scripts stay valid. */
    sessionsOnly: boolean('sessions_only').notNull().default(false),
    revokedAt: instant('revoked_at').notNull(),
    /** When the last revoked session would have expired. */
    expiresAt: instant('expires_at').notNull(),
    recordedAt: instant('recorded_at').notNull().defaultNow(),
  },
  (table) => [index('session_revocations_recorded_at_idx').on(table.recordedAt)],
)

/** Work left after an erasure (purging NATS, revoking the grant at Strava), encrypted; the row is deleted once it is done. */
export const pendingErasures = pgTable('pending_erasures', {
  id: text('id').primaryKey(),
  sealedToken: text('sealed_token').notNull(),
  attempts: integer('attempts').notNull().default(0),
  dueAt: instant('due_at').notNull(),
})
