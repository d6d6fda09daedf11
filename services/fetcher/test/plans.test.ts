import { systemClock } from '@ikigai/chassis'
import { LANES } from '@ikigai/contracts'
import { athletes, type Db, openDatabase } from '@ikigai/db'
import { ImportEta } from '@ikigai/forecast'
import { crowdedDatabase } from '@ikigai/testkit'
import { eq, sql } from 'drizzle-orm'
import t from 'tap'
import { eraseGone } from '../src/activities/erase.ts'
import { sweep } from '../src/retention/sweep.ts'
import {
  changeAthlete,
  claimNext,
  queueOrphans,
  reviseEtas,
  schedule,
  scheduleResyncs,
  storeDocuments,
} from '../src/statements.ts'

const DAY_MS = 86_400_000
const crowded = await crowdedDatabase(t)

/** Runs steps often enough for a plan for all values, and returns which crowded tables they read from end to end. */
async function scansOf(steps: (db: Db, athleteId: string, turn: number) => Promise<unknown>) {
  const { db, close } = openDatabase({ url: crowded.url, name: 'plans', max: 1 })
  for (let turn = 1; turn <= 12; turn += 1) await steps(db, String(turn), turn)
  await close()
  return crowded.tablesReadWhole('plans')
}

const documentOf = (id: number, athleteId: string) => ({
  id: String(id),
  athleteId,
  raw: JSON.stringify({
    id,
    name: 'Run',
    sport_type: 'Run',
    start_date: '2026-01-01T10:00:00Z',
    distance: 1,
  }),
})

t.test('what is done for one athlete reads no other', async (t) => {
  const scans = await scansOf(async (db, athleteId, turn) => {
    const now = new Date()
    await changeAthlete(db, athleteId, (tx) =>
      schedule(
        tx,
        [
          { lane: 'webhook', athleteId, activityId: String(turn) },
          { lane: 'resync', athleteId },
          { lane: 'backfill', athleteId },
        ],
        now,
      ),
    )
    for (const lane of LANES)
      await claimNext(db, lane, {
        leaseName: `plan-${turn}`,
        leaseMs: 60_000,
        now,
        favoursWatchers: turn % 2 === 0,
        atMost: 1,
      })
    const known = Number(athleteId) - 1 + 3_000
    const documents = [documentOf(known, athleteId), documentOf(2_000_000 + turn, athleteId)]
    await changeAthlete(db, athleteId, (tx) =>
      storeDocuments(tx, { athleteId, documents, kind: 'summary', sentAt: now.getTime() }, now),
    )
    await changeAthlete(db, athleteId, (tx) =>
      eraseGone(tx, athleteId, sql`id = ${2_000_000 + turn}`, { goneAt: new Date(), now: new Date() }),
    )
    await db.delete(athletes).where(eq(athletes.id, String(2_000 + turn)))
  })
  t.strictSame(scans, [])
})

t.test(
  'what is done from time to time reads no activities; the sweep reads what has expired alone',
  async (t) => {
    const eta = new ImportEta()
    const now = () => Date.now()
    t.strictSame(
      await scansOf(async (db) => {
        await reviseEtas(db, eta, now())
        await sweep(db, now(), 7 * DAY_MS)
      }),
      [],
    )
    const reconciled = await scansOf(async (db) => {
      await scheduleResyncs(db, now(), 7 * DAY_MS)
      await queueOrphans({ db, clock: systemClock }, { enrich: true })
    })
    // It compares what there is with what is queued: a few pages for a thousand athletes, twice a minute.
    t.strictSame(
      reconciled.filter((table) => !['athletes', 'imports', 'resyncs', 'fetch_queue'].includes(table)),
      [],
    )
  },
)
