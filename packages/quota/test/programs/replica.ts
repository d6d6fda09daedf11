// A replica of its own process: asks the ledger for calls until it is refused, each time that its parent says so.
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase } from '@ikigai/db'
import { sql } from 'drizzle-orm'
import { openLedger, windowStart } from '../../src/index.ts'
import { limitsOf } from '../helpers.ts'

const [url = '', dies = ''] = process.argv.slice(2)
const { db } = openDatabase({ url, name: 'replica', max: 2 })
const ledger = openLedger(db, limitsOf(40, 1_000))
let calls = 0

process.on('message', async (now: number) => {
  let granted = 0
  for (;;) {
    const answer = await ledger.reserve('signup', now)
    if ('denial' in answer) break
    granted++
    calls++
    if (dies === 'before' && calls === 3) await askToDie()
    // Strava, as far as it matters here: it counts.
    await db.execute(
      sql`insert into strava_counts values (${windowStart('quarterHour', now)}, 1)
          on conflict (window_start) do update set used = strava_counts.used + 1`,
    )
    if (dies === 'after' && calls === 3) await askToDie()
    await sleep(Math.random() * 4)
    await ledger.settle(answer.lease, { result: 'answered', answeredAt: now - (now % 1_000) }, now)
  }
  process.send?.({ granted })
})

/** The parent kills; until then the call is under way. */
async function askToDie(): Promise<never> {
  process.send?.('kill me')
  return new Promise(() => {})
}

await ledger.read()
process.send?.('ready')
