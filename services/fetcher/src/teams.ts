import { type Bus, ensureTeamConsumer } from '@ikigai/bus'
import { type Db, teams } from '@ikigai/db'

/** Makes the consumers of other teams that are not there, because JetStream's store was lost or somebody deleted one. */
export async function ensureTeamConsumers(db: Db, bus: Bus): Promise<void> {
  for (const { name, startFrom } of await db.select().from(teams))
    await ensureTeamConsumer(bus, name, startFrom ?? undefined)
}
