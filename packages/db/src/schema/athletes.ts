import { index, integer, pgTable, text } from 'drizzle-orm/pg-core'
import { instant, stravaId } from './columns.ts'

/** An athlete with an account. Everything else about him hangs on this row and goes with it. Written by auth. */
export const athletes = pgTable('athletes', {
  id: stravaId('id').primaryKey(),
  username: text('username'),
  firstName: text('first_name'),
  lastName: text('last_name'),
  profileUrl: text('profile_url'),
  /** When his account at Strava began, if Strava says so. */
  stravaCreatedAt: instant('strava_created_at'),
  scopes: text('scopes').array().notNull(),
  /** `active`; `needs_reauthorization` when Strava refuses the grant. */
  grantState: text('grant_state').$type<'active' | 'needs_reauthorization'>().notNull().default('active'),
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
})

/** Sessions ended before their time; gateways read what is new here. Outlives the athlete, until `expires_at`. */
export const sessionRevocations = pgTable(
  'session_revocations',
  {
    id: text('id').primaryKey(),
    /** One session; null when all of an athlete's sessions end. */
    sessionId: text('session_id'),
    /** All sessions of this athlete minted at or before `revoked_at`; null when one session ends. */
    athleteId: stravaId('athlete_id'),
    revokedAt: instant('revoked_at').notNull(),
    /** When the last session it speaks of would have expired by itself. */
    expiresAt: instant('expires_at').notNull(),
    recordedAt: instant('recorded_at').notNull().defaultNow(),
  },
  (table) => [index('session_revocations_recorded_at_idx').on(table.recordedAt)],
)

/** Grants of erased athletes that Strava has yet to hear of (it could not be reached): a sealed token and no more. */
export const revocationsDue = pgTable('revocations_due', {
  id: text('id').primaryKey(),
  sealedToken: text('sealed_token').notNull(),
  attempts: integer('attempts').notNull().default(0),
  dueAt: instant('due_at').notNull(),
})
