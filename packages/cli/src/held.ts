import { listings, releaseHeld } from '@ikigai/db'
import { asc, gt } from 'drizzle-orm'
import { type Command, CommandError, idOf, table, withDatabase } from './command.ts'

/** `held list` */
export const heldList: Command = {
  usage: 'held list',
  does: 'athletes of whom a listing lacked so much that nothing is deleted yet',
  run: (_args, env) =>
    withDatabase(env, async (db) => {
      const { athleteId, held, heldSince, released, dueAt } = listings
      const rows = await db
        .select({ athlete_id: athleteId, held, since: heldSince, released, due_at: dueAt })
        .from(listings)
        .where(gt(held, 0))
        .orderBy(asc(heldSince))
        .limit(1_000)
      const lines = rows.map((row) => [
        row.athlete_id,
        `${row.held} activities`,
        `since ${row.since?.toISOString() ?? 'unknown'}`,
        row.released ? 'released' : `listed again from ${row.due_at.toISOString()}`,
      ])
      return { value: rows, text: rows.length === 0 ? 'Nothing is held.' : table(lines) }
    }),
}

/** `held release` */
export const heldRelease: Command = {
  usage: 'held release <id>',
  does: 'believes it: he is listed again at once, and what is lacking then is deleted',
  run: ([text], env) =>
    withDatabase(env, async (db) => {
      const id = idOf(text, 'The id of an athlete')
      if (!(await releaseHeld(db, id, new Date())))
        throw new CommandError(`Nothing of athlete ${id} is held.`)
      return { value: { athlete_id: id, released: true }, text: `Released: athlete ${id} is listed again.` }
    }),
}
