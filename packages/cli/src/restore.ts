import { restores } from '@ikigai/db'
import { type Command, withDatabase } from './command.ts'

/** `restore record` */
export const restoreRecord: Command = {
  usage: 'restore record',
  does: 'after another tool than deploy/restore.sh has restored the database: has the next migration end all sessions and tokens',
  run: (_, env) =>
    withDatabase(env, async (db) => {
      const [row] = await db.insert(restores).values({}).returning()
      return {
        value: { restored_at: row?.restoredAt },
        text: 'Recorded. Now run the migration, and start the services after it.',
      }
    }),
}
