import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { openDatabase } from '@ikigai/db'
import { programArguments, testDatabase } from '@ikigai/testkit'
import { sql } from 'drizzle-orm'
import t, { type Test } from 'tap'
import { check, type Denial, type Ledger, LedgerStateError, openLedger, readLedger } from '../src/index.ts'
import { limitsOf, NOON, QUARTER } from './helpers.ts'

const EDGE = NOON - (NOON % QUARTER) + QUARTER
const LIMIT = 40

const { url } = await testDatabase(t)
const { db, close } = openDatabase({ url, name: 'test' })
t.teardown(close)
await db.execute(sql`create table strava_counts (window_start bigint primary key, used int not null)`)

async function startReplica(dies: string): Promise<ChildProcess> {
  const [program = '', ...execArgv] = programArguments(
    new URL('programs/replica.ts', import.meta.url),
  ).reverse()
  const child = fork(program, [url, dies], { execArgv })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child, 'message')
  return child
}

/** Lets replicas call until they are refused, or ask to be killed and are. Resolves with what was granted to the living. */
async function race(replicas: readonly ChildProcess[], now: number): Promise<number> {
  const results = await Promise.all(
    replicas.map(async (replica) => {
      replica.send(now)
      const [answer] = await once(replica, 'message')
      if (typeof answer === 'object') return answer.granted
      replica.kill('SIGKILL')
      await once(replica, 'exit')
      return 0
    }),
  )
  return results.reduce((sum, granted) => sum + granted, 0)
}

async function countedAtStrava(): Promise<number[]> {
  const rows = await db.execute<{ used: number }>(sql`select used from strava_counts order by window_start`)
  return Array.from(rows, ({ used }) => used)
}

t.test('ledger: several processes, some killed during a call, make 0 calls over the limit', async (t) => {
  const replicas = await Promise.all(['', '', 'before', 'after', ''].map(startReplica))
  const [living, dying, [fresh]] = [replicas.slice(0, 2), replicas.slice(2, 4), replicas.slice(4)]
  if (fresh === undefined) throw new Error('there are five')
  await race([...living, ...dying], NOON)
  t.strictSame(await countedAtStrava(), [LIMIT - 1], 'one call died before it reached Strava')

  const state = await readLedger(db)
  if (state === undefined) throw new Error('there is no ledger')
  t.equal(state.read.used.quarterHour, LIMIT, 'the lost calls count as spent')
  t.equal(state.leases.length, 2)
  t.match(check(state, 'signup', EDGE + 1_999), { reason: 'quota_15min', retryAt: EDGE + 2_000 })
  t.ok(check(state, 'signup', EDGE + 2_000).allowed, 'until the edge, and not longer')

  t.equal(await race(living, EDGE + 900), 0, 'nobody calls before the edge is certain')
  t.equal(await race([fresh], EDGE + 31_000), 0, 'least of all one whose clock was never measured')
  t.equal(await race([...living, fresh], EDGE + 33_000), LIMIT)
  t.strictSame(await countedAtStrava(), [LIMIT - 1, LIMIT])
})

/** Takes every call that is left, and settles none: as if the replica crashed. */
async function takeAndCrash(ledger: Ledger, now: number): Promise<{ taken: number; denial: Denial }> {
  for (let taken = 0; ; taken++) {
    const answer = await ledger.reserve('signup', now)
    if ('denial' in answer) return { taken, denial: answer.denial }
  }
}

/** Asks whenever it is told to, and a moment earlier. @returns when it was granted a call, and not a moment before */
async function nextGrant(t: Test, ledger: Ledger, { retryAt }: Denial): Promise<number> {
  for (let at = retryAt; ; ) {
    t.ok('denial' in (await ledger.reserve('signup', at - 1)))
    const answer = await ledger.reserve('signup', at)
    if ('lease' in answer) return at
    t.ok(answer.denial.retryAt > at)
    at = answer.denial.retryAt
  }
}

t.test('ledger: calls that are lost in a crash come back exactly at the edge', async (t) => {
  await db.execute(sql`delete from quota_ledger`)
  const ledger = openLedger(db, limitsOf(20, 1_000))
  const first = await ledger.reserve('signup', NOON)
  if ('denial' in first) throw new Error(`refused: ${first.denial.reason}`)
  // Its answer shows how the clocks stand, to a second.
  await ledger.settle(first.lease, { result: 'answered', answeredAt: NOON }, NOON)
  /** What is known of the clocks fades by a tenth of a millisecond each second. */
  const inTime = (at: number, edge: number) => at >= edge + 2_000 && at <= edge + 2_300

  const early = await takeAndCrash(ledger, NOON)
  t.equal(early.taken, 19)
  t.match(early.denial, { reason: 'quota_15min', retryAt: EDGE + 2_000 })
  const freed = await nextGrant(t, ledger, early.denial)
  t.ok(inTime(freed, EDGE), `${freed - EDGE} ms after the edge`)

  const late = await takeAndCrash(ledger, EDGE + QUARTER - 10_000)
  t.equal(late.taken, 19, 'one was granted at the edge')
  const overlapping = await takeAndCrash(ledger, EDGE + QUARTER + 2_500)
  t.equal(overlapping.taken, 1, 'what may still be under way at the edge counts on both sides of it')
  t.equal(overlapping.denial.reason, 'quota_15min')
  const freedAgain = await nextGrant(t, ledger, overlapping.denial)
  t.ok(inTime(freedAgain, EDGE + 2 * QUARTER), 'a whole window later, and not when the leases end')
})

t.test('ledger: what somebody else has written between two steps is never written over', async (t) => {
  await db.execute(sql`delete from quota_ledger`)
  const limits = limitsOf(100, 1_000)
  const [one, other] = [openLedger(db, limits), openLedger(db, limits)]
  const alone = Array.from({ length: 25 }, () => one)
  const ids = new Set<string>()
  for (const ledger of [one, one, other, one, other, other, ...alone, other, one]) {
    const answer = await ledger.reserve('signup', NOON)
    if ('lease' in answer) ids.add(answer.lease.id)
    const state = await readLedger(db)
    t.equal(state?.read.used.quarterHour, ids.size)
    t.strictSame(new Set(state?.leases.map(({ id }) => id)), ids)
  }
  t.equal(ids.size, 33, 'each was granted')
})

t.test('ledger: a state that this release does not write is refused, and not overwritten', async (t) => {
  const ledger = openLedger(db, limitsOf(100, 1_000))
  for (const [state, message] of [
    [{ stateVersion: 2 }, /of version 2; this release reads and writes version 1/],
    [{ read: {} }, /of version none/],
    [{ stateVersion: 1 }, /damaged/],
  ] as const) {
    await db.execute(sql`update quota_ledger set state = ${JSON.stringify(state)}::jsonb`)
    await t.rejects(ledger.read(), { name: LedgerStateError.name, message })
    await t.rejects(ledger.reserve('signup', NOON), { name: LedgerStateError.name, message })
    const [row] = await db.execute<{ state: string }>(sql`select state::text from quota_ledger`)
    t.strictSame(JSON.parse(row?.state ?? ''), state)
  }
})
