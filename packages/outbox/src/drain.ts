import { type Bus, deadSubject, isOutage, isUnsendable, publish } from '@ikigai/bus'
import { acquireLock, type Db, idIn, outbox, outboxLocks, sendWithCommit } from '@ikigai/db'
import { asc, gt, sql } from 'drizzle-orm'
import type { Logger } from 'pino'
import { type OutboxRow, orderingKeyOf } from './outbox-row.ts'
import { publishPipelined } from './publish-pipelined.ts'

/** Dependencies of {@link drain}. */
export interface DrainDeps {
  readonly db: Db
  readonly bus: Bus
  readonly logger: Logger
}

/** Result of draining the outbox. */
export interface DrainResult {
  /** Messages that could not be published, or follow one with the same ordering key. */
  readonly blocked: number
  /** Why the first of them was not published. */
  readonly failure: unknown
}

/** Maximum rows in memory and unacknowledged messages. */
const BATCH_SIZE = 500
/** Maximum duration of a batch: far below the time that Postgres lets a transaction idle. */
const MAX_BATCH_MS = 5_000
/** Draining stops when this many ordering keys are blocked, because then single messages are not the cause. */
const MAX_BLOCKED_KEYS = 1_000

/**
 * Publishes the messages of the outbox, oldest first. A message that cannot be published blocks only those with the same
 * ordering key. Stops when NATS does not answer.
 * @throws errors of Postgres
 */
export async function drain(deps: DrainDeps, signal?: AbortSignal): Promise<DrainResult> {
  const blockedKeys = new Set<string>()
  let failure: unknown
  let blocked = 0
  let after = 0
  while (signal?.aborted !== true) {
    const batch = await drainBatch(deps, after, blockedKeys)
    failure ??= batch.failure
    if (batch.isCutShort && !isOutage(batch.failure)) continue
    blocked += batch.rows - batch.sent
    if (batch.rows < BATCH_SIZE || isOutage(batch.failure) || blockedKeys.size >= MAX_BLOCKED_KEYS) break
    after = batch.last
  }
  return { blocked, failure }
}

/** Whether the outbox is empty, the usual case of a poll: without the lock and a transaction. */
export async function isEmpty(db: Db): Promise<boolean> {
  const rows = await db.select({ id: outbox.id }).from(outbox).limit(1)
  return rows.length === 0
}

interface Batch {
  readonly rows: number
  readonly sent: number
  readonly last: number
  readonly failure: unknown
  /** {@link MAX_BATCH_MS} was over: the rest was not tried. */
  readonly isCutShort: boolean
}

/**
 * Publishes one batch in one transaction under the lock, and deletes the acknowledged rows. If the deletion is lost in a
 * crash of this process or of Postgres, they are published again with the same ids.
 */
function drainBatch(deps: DrainDeps, after: number, blockedKeys: Set<string>): Promise<Batch> {
  return deps.db.transaction(async (tx) => {
    // Sent together and run in order: the rows are selected after the lock was acquired.
    const [, , rows] = await Promise.all([
      tx.execute(sql`set local synchronous_commit = off`),
      acquireLock(tx, outboxLocks, 'relay'),
      tx.select().from(outbox).where(gt(outbox.id, after)).orderBy(asc(outbox.id)).limit(BATCH_SIZE),
    ])
    const batch = { rows: rows.length, last: rows.at(-1)?.id ?? after }
    const open = rows.filter((row) => !blockedKeys.has(orderingKeyOf(row)))
    const pipelined = open.length > 1 ? await publishPipelined(open, deps.bus) : undefined
    const results =
      pipelined?.outage === undefined
        ? await publishByKey(groupByKey(open, pipelined?.sent), deps, blockedKeys)
        : [{ sent: [], failure: pipelined.outage, isCutShort: false }]
    const ids = [...(pipelined?.sent ?? []), ...results.flatMap(({ sent }) => sent)]
    if (ids.length > 0)
      await sendWithCommit(tx, () => tx.delete(outbox).where(idIn(outbox.id, ids)).execute())
    const failure = (
      results.find(({ failure }) => isOutage(failure)) ?? results.find(({ failure }) => failure !== undefined)
    )?.failure
    const isCutShort = results.some((result) => result.isCutShort)
    return { ...batch, sent: ids.length, failure, isCutShort }
  })
}

/** Groups the rows that are not published yet. */
function groupByKey(
  rows: readonly OutboxRow[],
  sent: ReadonlySet<number> | undefined,
): Map<string, OutboxRow[]> {
  const groups = new Map<string, OutboxRow[]>()
  for (const row of rows) {
    if (sent?.has(row.id) === true) continue
    const key = orderingKeyOf(row)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return groups
}

/** Result of publishing the rows of one ordering key. */
interface KeyResult {
  readonly sent: number[]
  readonly failure: unknown
  /** {@link MAX_BATCH_MS} was over: the rest was not tried. */
  readonly isCutShort: boolean
}

/** Publishes the groups concurrently, and adds the keys of those that failed to `blockedKeys`. */
function publishByKey(
  groups: ReadonlyMap<string, readonly OutboxRow[]>,
  deps: DrainDeps,
  blockedKeys: Set<string>,
): Promise<KeyResult[]> {
  const until = performance.now() + MAX_BATCH_MS
  return Promise.all(
    [...groups].map(async ([key, rows]) => {
      const result = await publishInOrder(rows, deps, until)
      if (result.failure !== undefined) blockedKeys.add(key)
      return result
    }),
  )
}

/** Publishes each message after the PubAck of the one before, until one fails or time is up. */
async function publishInOrder(
  rows: readonly OutboxRow[],
  { bus, logger }: DrainDeps,
  until: number,
): Promise<KeyResult> {
  const sent: number[] = []
  try {
    for (const row of rows) {
      if (performance.now() > until) return { sent, failure: undefined, isCutShort: true }
      await sendOne(bus, logger, row)
      sent.push(row.id)
    }
    return { sent, failure: undefined, isCutShort: false }
  } catch (failure) {
    return { sent, failure, isCutShort: false }
  }
}

async function sendOne(bus: Bus, logger: Logger, row: OutboxRow): Promise<void> {
  const { subject, messageId, headers, body } = row
  try {
    await publish(bus, { subject, messageId, headers, body })
  } catch (error) {
    if (!isUnsendable(error)) throw error
    await deadLetter(bus, row, error)
    logger.error({ err: error, subject, outboxId: row.id }, 'outbox: message became a dead letter')
  }
}

/** Publishes a dead letter for a message that NATS will never accept, without its body, which would not fit. */
async function deadLetter(bus: Bus, row: OutboxRow, error: Error): Promise<void> {
  const { id, athleteId, subject, messageId, body, createdAt } = row
  await publish(bus, {
    subject: deadSubject('outbox', athleteId ?? '0'),
    messageId: `dead:outbox:${id}`,
    headers: { 'Ikigai-Reason': error.message.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200) },
    body: JSON.stringify({
      subject,
      message_id: messageId,
      bytes: Buffer.byteLength(body),
      created_at: createdAt.toISOString(),
    }),
  })
}
