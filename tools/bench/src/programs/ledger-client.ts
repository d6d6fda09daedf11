// One of the processes that contend for the quota ledger; and the baseline: the same for a bare counter.
import { openDatabase } from '@ikigai/db'
import { openLedger } from '@ikigai/quota'
import postgres from 'postgres'
import { answerRequests, environment } from '../context/worker-rpc.ts'

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

answerRequests('ready', async ({ kind, ms = 1_000 }) => {
  const work = kind === 'counter' ? countTwice : reserveAndSettle
  const startedAt = performance.now()
  let done = 0
  while (performance.now() - startedAt < Number(ms)) {
    await work()
    done += 1
  }
  return { perSecond: (done / (performance.now() - startedAt)) * 1_000 }
})
