import { pgTable, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** Other teams that were let in: the fetcher makes their consumers again when JetStream has lost them. */
export const teams = pgTable('teams', {
  name: text('name').primaryKey(),
  /** Time of the first events that a team gets; null: the oldest that the stream holds. */
  startFrom: instant('start_from'),
  addedAt: instant('added_at').notNull().defaultNow(),
})

/** JetStream's streams as the fetcher last saw them. */
export const seenStreams = pgTable('seen_streams', {
  name: text('name').primaryKey(),
  /** When the stream was created, in the server's own words: another time means another stream, and the former one's messages lost. */
  createdAt: text('created_at').notNull(),
})
