import { type Bus, deadSubject, isOutage, isUnsendable, publish } from '@ikigai/bus'
import { type Db, idIn, outbox } from '@ikigai/db'
import { asc, gt, sql } from 'drizzle-orm'
import type { Logger } from 'pino'
import { lineOf, type OutboxRow } from './outbox-row.ts'
import { sendChain } from './send-chain.ts'

/** What sending works with. */
export interface SendDeps {
  readonly db: Db
  readonly bus: Bus
  readonly logger: Logger
}

/** What is left of a pass through the outbox. */
export interface Left {
  /** Messages that could not be sent, or stand behind one in their line. */
  readonly held: number
  /** Why the first of them was not sent. */
  readonly failure: unknown
}

/** Rows in memory, and messages under way, at most. */
const BATCH = 500
/** How long a batch may go on: with the time for the last acknowledgement far below what Postgres lets a transaction idle. */
const BATCH_MS = 5_000
/** When so many lines are held back, it is not about single messages. */
const BLOCKED_AT_MOST = 1_000

/** Any fixed number: the relay that sends holds this advisory lock, so that messages leave in order. */
const LOCK_KEY = 4_154_815_131

/**
 * Sends what the outbox holds, from the oldest on. A message that cannot be sent holds back its own line and no other.
 * A pass ends when NATS does not answer.
 *
 * @throws what Postgres throws
 */
export async function sendWaiting(deps: SendDeps, signal?: AbortSignal): Promise<Left> {
  const blocked = new Set<string>()
  let failure: unknown
  let held = 0
  let after = 0
  while (signal?.aborted !== true) {
    const batch = await sendBatch(deps, after, blocked)
    failure ??= batch.failure
    if (batch.isCutShort && !isOutage(batch.failure)) continue
    held += batch.rows - batch.sent
    if (batch.rows < BATCH || isOutage(batch.failure) || blocked.size >= BLOCKED_AT_MOST) break
    after = batch.last
  }
  return { held, failure }
}

/** Most looks that nobody asked for find nothing, and need neither the lock nor a transaction. */
export async function holdsAny(db: Db): Promise<boolean> {
  const rows = await db.select({ id: outbox.id }).from(outbox).limit(1)
  return rows.length > 0
}

interface Batch {
  readonly rows: number
  readonly sent: number
  readonly last: number
  readonly failure: unknown
  /** Time was up: what is left has not been tried. */
  readonly isCutShort: boolean
}

/**
 * One batch, in one transaction under the lock. The rows are deleted where they have been acknowledged; should
 * that be lost in a crash, of this process or of Postgres, they are sent again under the same ids.
 */
function sendBatch(deps: SendDeps, after: number, blocked: Set<string>): Promise<Batch> {
  return deps.db.transaction(async (tx) => {
    // Sent together, run one after the other: the rows are those that are there once the lock is ours.
    const [, , rows] = await Promise.all([
      tx.execute(sql`set local synchronous_commit = off`),
      tx.execute(sql`select pg_advisory_xact_lock(${LOCK_KEY})`),
      tx.select().from(outbox).where(gt(outbox.id, after)).orderBy(asc(outbox.id)).limit(BATCH),
    ])
    const batch = { rows: rows.length, last: rows.at(-1)?.id ?? after }
    const open = rows.filter((row) => !blocked.has(lineOf(row)))
    const chain = open.length > 1 ? await sendChain(open, deps.bus) : undefined
    const results =
      chain?.outage === undefined
        ? await sendLines(intoLines(open, chain?.sent), deps, blocked)
        : [{ sent: [], failure: chain.outage, isCutShort: false }]
    const ids = [...(chain?.sent ?? []), ...results.flatMap(({ sent }) => sent)]
    if (ids.length > 0) await tx.delete(outbox).where(idIn(outbox.id, ids))
    const failure = (
      results.find(({ failure }) => isOutage(failure)) ?? results.find(({ failure }) => failure !== undefined)
    )?.failure
    const isCutShort = results.some((result) => result.isCutShort)
    return { ...batch, sent: ids.length, failure, isCutShort }
  })
}

/** What is not sent yet, line by line. */
function intoLines(
  rows: readonly OutboxRow[],
  sent: ReadonlySet<number> | undefined,
): Map<string, OutboxRow[]> {
  const lines = new Map<string, OutboxRow[]>()
  for (const row of rows) {
    if (sent?.has(row.id) === true) continue
    const line = lineOf(row)
    const waiting = lines.get(line)
    if (waiting === undefined) lines.set(line, [row])
    else waiting.push(row)
  }
  return lines
}

/** How a line went. */
interface LineResult {
  readonly sent: number[]
  readonly failure: unknown
  /** Time was up: what is left has not been tried. */
  readonly isCutShort: boolean
}

/** Sends lines side by side, and notes which of them are blocked from now on. */
function sendLines(
  lines: ReadonlyMap<string, readonly OutboxRow[]>,
  deps: SendDeps,
  blocked: Set<string>,
): Promise<LineResult[]> {
  const until = performance.now() + BATCH_MS
  return Promise.all(
    [...lines].map(async ([line, waiting]) => {
      const result = await sendLine(waiting, deps, until)
      if (result.failure !== undefined) blocked.add(line)
      return result
    }),
  )
}

/** Sends each message after the one before it has been acknowledged, until one fails or time is up. */
async function sendLine(
  rows: readonly OutboxRow[],
  { bus, logger }: SendDeps,
  until: number,
): Promise<LineResult> {
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
    await bury(bus, row, error)
    logger.error({ err: error, subject, outboxId: row.id }, 'outbox: message given up: see the dead letters')
  }
}

/** A message that NATS will never take is told of to operators, without its body: it would not fit. */
async function bury(bus: Bus, row: OutboxRow, error: Error): Promise<void> {
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
