import { resyncs } from '@ikigai/db'
import { and, asc, eq, gt } from 'drizzle-orm'
import { type Command, CommandError, idOf, table, withDatabase } from './command.ts'

/** `quarantine list` */
export const quarantineList: Command = {
  usage: 'quarantine list',
  does: 'athletes whose deletions wait for approval, because a resync missed too many activities',
  run: (_args, env) =>
    withDatabase(env, async (db) => {
      const { athleteId, quarantined, quarantinedSince, approved, dueAt } = resyncs
      const rows = await db
        .select({ athlete_id: athleteId, quarantined, since: quarantinedSince, approved, due_at: dueAt })
        .from(resyncs)
        .where(gt(quarantined, 0))
        .orderBy(asc(quarantinedSince))
        .limit(1_000)
      const lines = rows.map((row) => [
        row.athlete_id,
        `${row.quarantined} activities`,
        `since ${row.since?.toISOString() ?? 'unknown'}`,
        row.approved ? 'approved' : `next resync ${row.due_at.toISOString()}`,
      ])
      return { value: rows, text: rows.length === 0 ? 'No deletions are quarantined.' : table(lines) }
    }),
}

/** `quarantine approve` */
export const quarantineApprove: Command = {
  usage: 'quarantine approve <id>',
  does: 'resyncs the athlete now and deletes the activities that are still missing',
  run: ([text], env) =>
    withDatabase(env, async (db) => {
      const id = idOf(text, 'The id of an athlete')
      const rows = await db
        .update(resyncs)
        .set({ approved: true, dueAt: new Date() })
        .where(and(eq(resyncs.athleteId, id), gt(resyncs.quarantined, 0)))
        .returning({ athleteId: resyncs.athleteId })
      if (rows.length === 0) throw new CommandError(`No deletions of athlete ${id} are quarantined.`)
      return {
        value: { athlete_id: id, approved: true },
        text: `Approved. The resync of athlete ${id} starts now.`,
      }
    }),
}
