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
  /** `needs_reauthorization` while the grant is blocked or cannot be opened: only a new sign-in makes it active. */
  grantState: text('grant_state').$type<'active' | 'needs_reauthorization'>().notNull().default('active'),
  /** When all of the athlete's data is erased unless they connect again; null while the grant is accepted. */
  erasureDueAt: instant('erasure_due_at'),
  /** When a disconnect at Strava was reported that nothing has contradicted since; null: none. */
  endReportedAt: instant('end_reported_at'),
  connectedAt: instant('connected_at').notNull(),
})

/** The tokens of one athlete, sealed under the key ring. Read and written by auth alone. */
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
  /** A refresh began then and its outcome is not known: Strava may have replaced the refresh token. Null otherwise. */
  refreshBegunAt: instant('refresh_begun_at'),
  /** A refresh requested because Strava rejected this access token returned the same token then. */
  confirmedAt: instant('confirmed_at'),
  /** Blocked since then (Strava's clock where it was known): Strava refuses the refresh token. */
  blockedAt: instant('blocked_at'),
  /** A deauthorization was reported then, and what Strava answered since does not contradict it. */
  reportedAt: instant('reported_at'),
  /** No key of the ring decrypts it since then. */
  unreadableAt: instant('unreadable_at'),
  /** The next recheck of a blocked grant. */
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
    /** The next verification does not begin before this. */
    notBefore: instant('not_before').notNull(),
    /** Consecutive attempts that found Strava or auth unavailable. */
    attempts: integer('attempts').notNull().default(0),
    /** End of the lease of the replica that verifies it, by the database's clock. */
    leasedUntil: instant('leased_until'),
  },
  (table) => [index('grant_verifications_not_before_idx').on(table.notBefore)],
)

/**
 * Revoked sessions; gateways read new rows. Outlives the athlete, until `expires_at`. A row without session and athlete revokes
 * all that were issued at or before `revoked_at`: after a restore.
 */
export const sessionRevocations = pgTable(
  'session_revocations',
  {
    id: text('id').primaryKey(),
    /** One session; null when all sessions of an athlete, or of everybody, end. */
    sessionId: text('session_id'),
    /** All sessions of this athlete issued at or before `revoked_at`; null for a single session, and for those of everybody. */
    athleteId: stravaId('athlete_id'),
    /** Of an athlete: whether apps and personal access tokens go on. */
    sessionsOnly: boolean('sessions_only').notNull().default(false),
    revokedAt: instant('revoked_at').notNull(),
    /** When the last session that it covers would have expired. */
    expiresAt: instant('expires_at').notNull(),
    recordedAt: instant('recorded_at').notNull().defaultNow(),
  },
  (table) => [index('session_revocations_recorded_at_idx').on(table.recordedAt)],
)

/** Work left after an erasure (purging NATS, revoking the grant at Strava), sealed; the row is deleted once it is complete. */
export const pendingErasures = pgTable('pending_erasures', {
  id: text('id').primaryKey(),
  sealedToken: text('sealed_token').notNull(),
  attempts: integer('attempts').notNull().default(0),
  dueAt: instant('due_at').notNull(),
})
