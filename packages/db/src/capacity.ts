import type { Db, Tx } from './client.ts'
import { athletes, capacityRefusals } from './schema/index.ts'

/** How many athletes have an account, and Strava's last refusal of another one (`at`: epoch ms). */
export async function readCapacity(db: Db | Tx): Promise<{
  readonly connected: number
  readonly refusal: { readonly at: number; readonly connected: number } | undefined
}> {
  const connected = await db.$count(athletes)
  const [refusal] = await db.select().from(capacityRefusals)
  return {
    connected,
    refusal: refusal && { at: refusal.refusedAt.getTime(), connected: refusal.connected },
  }
}
