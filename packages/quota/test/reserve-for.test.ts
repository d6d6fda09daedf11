import { openDatabase } from '@ikigai/db'
import { testDatabase } from '@ikigai/testkit'
import { sql } from 'drizzle-orm'
import t from 'tap'
import { type Claim, type Ledger, openLedger, readLedger } from '../src/index.ts'
import { limitsOf, NOON } from './helpers.ts'

const { url } = await testDatabase(t)
const { db, close } = openDatabase({ url, name: 'test', max: 4 })
t.teardown(close)
t.beforeEach(() => db.execute(sql`delete from quota_ledger`))

/** Claims the numbers up to `there`. */
const claimUpTo =
  (there: number, meanwhile: () => Promise<unknown> = async () => {}): Claim<number> =>
  async (executor, reservation, atMost) => {
    await meanwhile()
    const rows = await executor.execute<{ n: number; version: string | null }>(sql`
      with claimed as (select n from generate_series(1, least(${there}::int, ${atMost}::int)) as n),
        reserved as (${reservation})
      select c.n, r.version from claimed c left join reserved r on true`)
    return { works: rows.map(({ n }) => n), version: rows[0]?.version ?? null }
  }

const open = (limit = 20) => openLedger(db, limitsOf(limit, 1_000))
const reserveFor = (ledger: Ledger, atMost: number, claim: Claim<number>) =>
  ledger.reserveFor('signup', { now: NOON, atMost }, claim)
const leased = async () => (await readLedger(db))?.leases.map(({ id }) => id).sort()
const used = async () => (await readLedger(db))?.read.used.quarterHour
async function versionOf(): Promise<number> {
  const [row] = await db.execute<{ version: string }>(sql`select version::text from quota_ledger`)
  return Number(row?.version)
}

t.test('ledger: as many calls are taken as work was claimed, in one write', async (t) => {
  const ledger = open()
  const first = await reserveFor(ledger, 4, claimUpTo(3))
  t.same(
    first.works.map(({ work }) => work),
    [1, 2, 3],
  )
  t.same(await leased(), first.works.map(({ lease }) => lease?.id).sort())
  t.equal(await used(), 3)
  const before = await versionOf()
  t.match(await reserveFor(ledger, 4, claimUpTo(0)), { works: [], denial: undefined })
  t.equal(await versionOf(), before, 'nothing is written for nothing')
})

t.test('ledger: no more is claimed than calls are left, and why is told', async (t) => {
  const ledger = open(5)
  const { works, denial } = await reserveFor(ledger, 8, claimUpTo(8))
  t.equal(works.length, 5)
  t.match(denial, { reason: 'quota_15min' })
  const refused = async () => t.fail('claims without permission')
  t.match(
    await reserveFor(ledger, 8, async () => {
      await refused()
      return { works: [], version: null }
    }),
    { works: [], denial: { reason: 'quota_15min' } },
  )
})

t.test(
  'ledger: what waits to be settled shares the write of a claim; what comes during it is not lost',
  async (t) => {
    const ledger = open()
    const { works } = await reserveFor(ledger, 3, claimUpTo(3))
    const [one, two, three] = works.map(({ lease }) => lease)
    if (one === undefined || two === undefined || three === undefined) throw new Error('three were taken')
    const before = await versionOf()
    let late: Promise<unknown> = Promise.resolve()
    const claim = claimUpTo(1, async () => {
      late = ledger.settle(three, { result: 'answered' }, NOON)
    })
    // The claim stands first in the line of steps, so both settlements that are there by then are written with it.
    const claiming = reserveFor(ledger, 1, claim)
    const settling = [one, two].map((lease) => ledger.settle(lease, { result: 'answered' }, NOON))
    const fourth = await claiming
    await Promise.all(settling)
    await late
    t.same(
      await leased(),
      fourth.works.map(({ lease }) => lease?.id),
    )
    t.equal(await used(), 4)
    t.equal(await versionOf(), before + 2, 'one write for the claim and two settlements, one for the third')
  },
)

t.test('ledger: a concurrent write of another replica loses no call', async (t) => {
  const [ledger, other] = [open(), open()]
  await reserveFor(ledger, 1, claimUpTo(1))
  const { works } = await reserveFor(
    ledger,
    2,
    claimUpTo(2, () => other.reserve('signup', NOON)),
  )
  t.equal(works.filter(({ lease }) => lease !== undefined).length, 2)
  t.equal(await used(), 4)
  t.equal((await leased())?.length, 4)
})
