import { eq } from 'drizzle-orm'
import type postgres from 'postgres'
import type { Tx } from './client.ts'
import type { authLocks, ingestLocks, outboxLocks } from './schema/index.ts'

/** A table of locks. */
type LockTable = typeof outboxLocks | typeof authLocks | typeof ingestLocks

/** Number of locks that athletes share: two athletes have the same one with a probability of 1 in this many. */
export const ATHLETE_LOCKS = 4_096

/** Id of the lock of the athletes whose hash is `bucket`: 0 to {@link ATHLETE_LOCKS} - 1. */
export const athleteLock = (bucket: number): string => `athlete-${bucket}`

/** Acquires a lock, waiting for it, until the transaction ends. One statement. */
export async function acquireLock(tx: Tx, table: LockTable, id: string): Promise<void> {
  // Executed now: otherwise it would be sent when it is awaited, after the caller's next statements.
  const locking = tx
    .select({ id: table.id })
    .from(table)
    .where(eq(table.id, id))
    .for('no key update')
    .execute()
  const rows = await locking
  if (rows.length === 0) throw new Error(`the lock ${id} is not in the database`)
}

/** Acquires a lock until the transaction ends, unless another transaction holds it. */
export async function tryLock(tx: Tx, table: LockTable, id: string): Promise<boolean> {
  const options = { skipLocked: true } as const
  const rows = await tx
    .select({ id: table.id })
    .from(table)
    .where(eq(table.id, id))
    .for('no key update', options)
  return rows.length > 0
}

/** Inserts the lock rows. Safe to repeat. */
export async function insertLockRows(sql: postgres.TransactionSql): Promise<void> {
  await sql`
    insert into public.outbox_locks (id, purpose) values ('relay', 'publishes the outbox')
    on conflict (id) do nothing`
  await sql`
    insert into public.ingest_locks (id, purpose) values ('subscription', 'ensures the push subscription')
    on conflict (id) do nothing`
  await sql`
    insert into public.auth_locks (id, purpose)
    select 'sign-up', 'counts the accounts and adds one'
    union all
    select 'athlete-' || bucket, 'signs up, refreshes or erases an athlete'
    from generate_series(0, ${ATHLETE_LOCKS - 1}::int) as bucket
    on conflict (id) do nothing`
}
