import { type Db, recordOutage, type Tx, webhookSubscriptions } from '@ikigai/db'
import type { StravaClient, StravaError, StravaId, StravaResult, SubscriptionRequest } from '@ikigai/strava'
import { ne, sql } from 'drizzle-orm'

/** What seeing to the subscription needs. */
export interface SubscriptionDeps {
  readonly db: Db
  readonly client: StravaClient
  /** The subscription as it should be. */
  readonly wanted: SubscriptionRequest
  /** Told of the id before the table is, because Strava may send the first event at once. */
  readonly onSeen: (id: StravaId) => void
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** What was done: `busy` if another replica is at it. */
export type SubscriptionState = 'kept' | 'created' | 'busy'

/** Strava did not do what was asked. */
export class SubscriptionError extends Error {
  override readonly name = 'SubscriptionError'
  constructor(action: string, error: StravaError) {
    const faults =
      error.kind === 'bad_request' ? error.faults.map(({ field, code }) => `${field} ${code}`) : []
    super([`push subscription not ${action}: ${error.message}`, ...faults].join('; '))
  }
}

/** Any fixed number: the replica that sees to the subscription holds this advisory lock. */
const LOCK_KEY = 2_026_081_081

/**
 * Sees to it that Strava sends the application's events to `wanted.callbackUrl`, and writes down the subscription's id.
 * Strava allows one subscription, so one with another address is replaced (Strava API docs, webhooks).
 *
 * @throws SubscriptionError, or what Postgres throws
 */
export function ensureSubscription(deps: SubscriptionDeps): Promise<SubscriptionState> {
  // Nothing but the lock is held while Strava is asked, and it is of no concern to those who read the table.
  return deps.db.transaction(async (tx) => {
    const rows = await tx.execute(sql`select pg_try_advisory_xact_lock(${LOCK_KEY}) as locked`)
    if (rows[0]?.['locked'] !== true) return 'busy'
    const found = await findOurs(deps)
    const id = found ?? (await create(deps))
    deps.onSeen(id)
    await save(tx, id, deps)
    return found === undefined ? 'created' : 'kept'
  })
}

/** The id of the subscription with our address; any other one is deleted. */
async function findOurs(deps: SubscriptionDeps): Promise<StravaId | undefined> {
  const { client, wanted } = deps
  const listed = answerOf('listed', await client.listSubscriptions())
  const ours = listed.find(({ callbackUrl }) => callbackUrl === wanted.callbackUrl)
  if (ours !== undefined) return ours.id
  for (const { id } of listed) {
    const deleted = await client.deleteSubscription(id)
    // Gone already is as good.
    if (!deleted.ok && deleted.error.kind !== 'not_found')
      throw new SubscriptionError('deleted', deleted.error)
  }
  return undefined
}

async function create({ client, wanted }: SubscriptionDeps): Promise<StravaId> {
  const created = await client.createSubscription(wanted)
  if (created.ok) return created.value.id
  // "already exists" (recorded response): somebody was first, or an earlier answer was lost.
  const listed = answerOf('listed', await client.listSubscriptions())
  const ours = listed.find(({ callbackUrl }) => callbackUrl === wanted.callbackUrl)
  if (ours === undefined) throw new SubscriptionError('created', created.error)
  return ours.id
}

async function save(tx: Tx, id: StravaId, { wanted, now }: SubscriptionDeps): Promise<void> {
  const row = { callbackUrl: wanted.callbackUrl, seenAt: new Date(now()) }
  const replaced = await tx
    .delete(webhookSubscriptions)
    .where(ne(webhookSubscriptions.id, id))
    .returning({ seenAt: webhookSubscriptions.seenAt })
  for (const { seenAt } of replaced) await recordOutage(tx, seenAt, row.seenAt)
  await tx
    .insert(webhookSubscriptions)
    .values({ id, ...row })
    .onConflictDoUpdate({ target: webhookSubscriptions.id, set: row })
}

function answerOf<T>(action: string, result: StravaResult<T>): T {
  if (!result.ok) throw new SubscriptionError(action, result.error)
  return result.value
}
