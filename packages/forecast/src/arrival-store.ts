import { arrivals, type Db, type Tx } from '@ikigai/db'
import { HOUR_MS } from '@ikigai/quota'
import { lt, sql } from 'drizzle-orm'
import {
  ArrivalHistory,
  type Arrivals,
  bucketOf,
  EXOGENOUS_LANES,
  type ExogenousLane,
  HISTORY_MS,
  isExogenous,
  RECENT_MS,
} from './arrivals.ts'

/**
 * Counts arrivals in memory and adds them to the table from time to time, because a row that every transaction updates would
 * serialize them. A crash loses the arrivals of a few seconds.
 */
export class ArrivalCounter {
  #counts = new Map<string, { lane: ExogenousLane; at: number; count: number }>()

  /** Counts accepted work of an exogenous lane; ignores other lanes. `now` is epoch ms. */
  add(lane: string, count: number, now: number): void {
    if (!isExogenous(lane) || count === 0) return
    const at = bucketOf(now)
    const key = `${lane}${at}`
    this.#counts.set(key, { lane, at, count: (this.#counts.get(key)?.count ?? 0) + count })
  }

  /** Adds the counts to the table. If that fails, the next flush adds them. */
  async flush(db: Db): Promise<void> {
    const counts = this.#counts
    if (counts.size === 0) return
    this.#counts = new Map()
    const rows = Array.from(counts.values(), ({ lane, at, count }) => ({
      lane,
      bucketStart: new Date(at),
      count,
    }))
    try {
      await db
        .insert(arrivals)
        .values(rows)
        .onConflictDoUpdate({
          target: [arrivals.lane, arrivals.bucketStart],
          set: { count: sql`${arrivals.count} + excluded.count` },
        })
    } catch (error) {
      for (const { lane, at, count } of counts.values()) this.add(lane, count, at)
      throw error
    }
  }
}

/** Deletes arrivals older than {@link HISTORY_MS}. */
export async function forgetArrivals(db: Db, now: number): Promise<void> {
  await db.delete(arrivals).where(lt(arrivals.bucketStart, new Date(now - HISTORY_MS)))
}

/** Reads arrivals: past hours once an hour, recent buckets each time. */
export class ArrivalReader {
  #past: { readonly hour: number; readonly rows: readonly CountRow[] } | undefined

  /** @param now epoch ms */
  async read(db: Db | Tx, now: number): Promise<Arrivals> {
    const hour = now - (now % HOUR_MS)
    const recent = hour - RECENT_MS
    if (this.#past?.hour !== hour) this.#past = { hour, rows: await hoursBefore(db, recent) }
    const buckets = await bucketsSince(db, recent)
    const rows = [...this.#past.rows, ...buckets]
    const since = rows.reduce((first, { at }) => Math.min(first, at), now)
    const of = (lane: ExogenousLane) => {
      const history = new ArrivalHistory(since)
      for (const row of rows) {
        if (row.lane !== lane) continue
        if (row.at < recent) history.addHour(row.at, row.count)
        else history.add(row.at, row.count)
      }
      return history
    }
    const [signup, webhook] = EXOGENOUS_LANES
    return { signup: of(signup), webhook: of(webhook) }
  }
}

type CountRow = { readonly lane: string; readonly at: number; readonly count: number }

const epochMs = sql`(extract(epoch from bucket_start) * 1000)::float8`

async function hoursBefore(db: Db | Tx, before: number): Promise<CountRow[]> {
  return Array.from(
    await db.execute<CountRow>(sql`
      select lane, (extract(epoch from date_trunc('hour', bucket_start, 'UTC')) * 1000)::float8 as at,
        sum(count)::float8 as count
      from ${arrivals}
      where bucket_start < ${new Date(before).toISOString()}::timestamptz
        and bucket_start >= ${new Date(before - HISTORY_MS).toISOString()}::timestamptz
      group by 1, 2`),
  )
}

async function bucketsSince(db: Db | Tx, since: number): Promise<CountRow[]> {
  return Array.from(
    await db.execute<CountRow>(sql`
      select lane, ${epochMs} as at, count::float8 as count from ${arrivals}
      where bucket_start >= ${new Date(since).toISOString()}::timestamptz order by bucket_start`),
  )
}
