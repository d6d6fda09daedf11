import { allowedAthletes } from '@ikigai/db'
import { asc, eq } from 'drizzle-orm'
import { type Command, CommandError, idOf, table, withDatabase } from '../command.ts'
import { modeNote } from './mode-note.ts'

const WHAT = 'The id of an athlete at Strava'

/** `athlete allow` */
export const athleteAllow: Command = {
  usage: 'athlete allow <id>',
  does: 'allows an athlete to make an account while SIGN_UP is not open',
  run: ([text], env) =>
    withDatabase(env, async (db) => {
      const athleteId = idOf(text, WHAT)
      await db.insert(allowedAthletes).values({ athleteId, allowedAt: new Date() }).onConflictDoNothing()
      const note = modeNote(env, 'open')
      return {
        value: { athlete_id: athleteId, allowed: true },
        text: `Athlete ${athleteId} may make an account.${note}`,
      }
    }),
}

/** `athlete disallow` */
export const athleteDisallow: Command = {
  usage: 'athlete disallow <id>',
  does: 'withdraws that; an existing account stays',
  run: ([text], env) =>
    withDatabase(env, async (db) => {
      const athleteId = idOf(text, WHAT)
      const removed = await db
        .delete(allowedAthletes)
        .where(eq(allowedAthletes.athleteId, athleteId))
        .returning({ id: allowedAthletes.athleteId })
      if (removed.length === 0) throw new CommandError(`Athlete ${athleteId} is not on the list.`)
      return {
        value: { athlete_id: athleteId, allowed: false },
        text: `Athlete ${athleteId} is off the list.`,
      }
    }),
}

/** `allowed list` */
export const allowanceList: Command = {
  usage: 'allowed list',
  does: 'lists the allowed athletes',
  run: (_, env) =>
    withDatabase(env, async (db) => {
      const rows = await db
        .select({ athlete_id: allowedAthletes.athleteId, allowed_at: allowedAthletes.allowedAt })
        .from(allowedAthletes)
        .orderBy(asc(allowedAthletes.allowedAt))
      const lines = rows.map((row) => [row.athlete_id, row.allowed_at.toISOString()])
      return { value: rows, text: rows.length === 0 ? 'No athlete is on the list.' : table(lines) }
    }),
}
