import { index, integer, pgTable, text } from 'drizzle-orm/pg-core'
import { instant, stravaId } from './columns.ts'

/** Invitations to make an account. Created and removed by the operator; auth counts their uses. */
export const invitations = pgTable(
  'invitations',
  {
    id: text('id').primaryKey(),
    /** SHA-256 of the token in the link, hex. */
    tokenHash: text('token_hash').notNull().unique(),
    /** The operator's note: whom it is for. */
    note: text('note'),
    /** Maximum accounts made with it. */
    maxUses: integer('max_uses').notNull(),
    uses: integer('uses').notNull().default(0),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [index('invitations_expires_at_idx').on(table.expiresAt)],
)

/**
 * Athletes who may make an account while `SIGN_UP` is not `open`. Maintained by the operator; an erasure removes the athlete.
 */
export const allowedAthletes = pgTable('allowed_athletes', {
  athleteId: stravaId('athlete_id').primaryKey(),
  allowedAt: instant('allowed_at').notNull(),
})

/** Strava's last refusal of an athlete because the application is full, written by auth. One row. */
export const capacityRefusals = pgTable('capacity_refusals', {
  id: text('id').primaryKey(),
  refusedAt: instant('refused_at').notNull(),
  /** Number of accounts at that time. */
  connected: integer('connected').notNull(),
})
