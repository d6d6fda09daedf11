// One of the processes that contend for the quota ledger, or, as the baseline, for a bare counter.
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase } from '@ikigai/db'
import { openLedger } from '@ikigai/quota'
import postgres from 'postgres'
import { answerRequests, environment } from '../context/worker-rpc.ts'
import { median, percentile } from '../statistics.ts'

const url = environment('DATABASE_URL')
const { db } = openDatabase({ url, name: 'bench', max: 1 })
const plenty = { quarterHour: 1_000_000_000, day: 1_000_000_000 }
const ledger = openLedger(db, { read: plenty, overall: plenty })
const sql = postgres(url, { max: 1, onnotice: () => {} })

async function reserveAndSettle(): Promise<void> {
  const answer = await ledger.reserve('signup', Date.now())
  if ('denial' in answer) throw new Error(`refused: ${answer.denial.reason}`)
  await ledger.settle(answer.lease, { result: 'answered' }, Date.now())
}

async function countTwice(): Promise<void> {
  for (let i = 0; i < 2; i += 1) await sql`update counter set used = used + 1 returning used`
}

/** Time between a reservation and its settlement: less than Strava takes, for more load on the ledger. */
const CALL_MS = 30

/** Makes concurrent calls as a fetcher does. Returns the duration of each reservation. */
async function replica(calls: number, ms: number): Promise<Record<string, number>> {
  const times: number[] = []
  const startedAt = performance.now()
  const caller = async () => {
    while (performance.now() - startedAt < ms) {
      const askedAt = performance.now()
      const answer = await ledger.reserve('signup', Date.now())
      times.push(performance.now() - askedAt)
      if ('denial' in answer) throw new Error(`refused: ${answer.denial.reason}`)
      await sleep(CALL_MS)
      await ledger.settle(answer.lease, { result: 'answered' }, Date.now())
    }
  }
  await Promise.all(Array.from({ length: calls }, caller))
  const perSecond = (times.length / (performance.now() - startedAt)) * 1_000
  return { perSecond, p50: median(times), p99: percentile(times, 0.99) }
}

answerRequests('ready', async ({ kind, ms = 1_000, calls = 1 }) => {
  if (kind === 'replica') return replica(Number(calls), Number(ms))
  const work = kind === 'counter' ? countTwice : reserveAndSettle
  const startedAt = performance.now()
  let done = 0
  while (performance.now() - startedAt < Number(ms)) {
    await work()
    done += 1
  }
  return { perSecond: (done / (performance.now() - startedAt)) * 1_000 }
})
