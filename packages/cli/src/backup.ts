import { backups } from '@ikigai/db'
import { type Command, withDatabase } from './command.ts'

/** `backup record` */
export const backupRecord: Command = {
  usage: 'backup record',
  does: 'after another tool than deploy/backup.sh has made a backup: doctor and the alert IkigaiBackupOld know of it',
  run: (_, env) =>
    withDatabase(env, async (db) => {
      const [row] = await db.insert(backups).values({}).returning()
      return { value: { made_at: row?.madeAt }, text: 'Recorded.' }
    }),
}
