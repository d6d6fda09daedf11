import { restores } from '@ikigai/db'
import { type Command, withDatabase } from './command.ts'

/** `restore record` */
export const restoreRecord: Command = {
  usage: 'restore record',
  does: 'records a restore by another tool than deploy/restore.sh: the next migration ends all sessions and tokens',
  run: (_, env) =>
    withDatabase(env, async (db) => {
      const [row] = await db.insert(restores).values({}).returning()
      return {
        value: { restored_at: row?.restoredAt },
        text: 'Recorded. Now run the migration, then start the services.',
      }
    }),
}
