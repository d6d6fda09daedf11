import type { Athlete, StravaId } from '@ikigai/contracts'
import { athletes, type Db } from '@ikigai/db'
import { connectionOf } from '@ikigai/status'
import { eq } from 'drizzle-orm'
import { fitsInt64 } from './int64.ts'

/** The athlete, if known. */
export async function athleteById(db: Db, id: StravaId): Promise<Athlete | undefined> {
  if (!fitsInt64(id)) return undefined
  const [row] = await db.select().from(athletes).where(eq(athletes.id, id))
  if (row === undefined) return undefined
  return {
    id: row.id,
    username: row.username,
    first_name: row.firstName,
    last_name: row.lastName,
    profile_url: row.profileUrl,
    scopes: row.scopes,
    grant: row.grantState,
    connection: connectionOf(row),
    connected_at: row.connectedAt.toISOString(),
  }
}
