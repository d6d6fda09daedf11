import { type Db, ingestLocks, recordOutage, type Tx, tryLock, webhookSubscriptions } from '@ikigai/db'
import type { StravaClient, StravaError, StravaId, StravaResult, SubscriptionRequest } from '@ikigai/strava'
import { ne } from 'drizzle-orm'

export interface SubscriptionDeps {
  readonly db: Db
  readonly client: StravaClient
  readonly wanted: SubscriptionRequest
  /** Called with the id before the table is written, because Strava may send the first event at once. */
  readonly onSeen: (id: StravaId) => void
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Whether a missing subscription is created, and one with another address deleted. */
  readonly mayChange: boolean
}

/** `kept`: it existed. `busy`: another replica holds the lock. `absent`: there is none with our address, and we may not create it. */
export type SubscriptionState = 'kept' | 'created' | 'absent' | 'busy'

/** A call to Strava about the subscription failed. */
export class SubscriptionError extends Error {
  override readonly name = 'SubscriptionError'
  constructor(action: string, error: StravaError) {
    const faults =
      error.kind === 'bad_request' ? error.faults.map(({ field, code }) => `${field} ${code}`) : []
    super([`push subscription not ${action}: ${error.message}`, ...faults].join('; '))
  }
}

/**
 * Ensures that Strava sends the application's events to `wanted.callbackUrl`, and stores the subscription's id.
 * Strava allows one subscription, so one with another address is replaced (Strava API docs, webhooks).
 *
 * @throws SubscriptionError, or an error of Postgres
 */
export function ensureSubscription(deps: SubscriptionDeps): Promise<SubscriptionState> {
  // The transaction holds only this lock during the calls to Strava; readers of the table do not wait for it.
  return deps.db.transaction(async (tx) => {
    if (!(await tryLock(tx, ingestLocks, 'subscription'))) return 'busy'
    const found = await findOurs(deps)
    if (found === undefined && !deps.mayChange) return 'absent'
    const id = found ?? (await create(deps))
    deps.onSeen(id)
    await save(tx, id, deps)
    return found === undefined ? 'created' : 'kept'
  })
}

/** The id of the subscription with our address; any other one is deleted if that is allowed. */
async function findOurs(deps: SubscriptionDeps): Promise<StravaId | undefined> {
  const { client, wanted, mayChange } = deps
  const listed = answerOf('listed', await client.listSubscriptions())
  const ours = listed.find(({ callbackUrl }) => callbackUrl === wanted.callbackUrl)
  if (ours !== undefined || !mayChange) return ours?.id
  for (const { id } of listed) {
    const deleted = await client.deleteSubscription(id)
    // It may have been deleted in the meantime.
    if (!deleted.ok && deleted.error.kind !== 'not_found')
      throw new SubscriptionError('deleted', deleted.error)
  }
  return undefined
}

async function create({ client, wanted }: SubscriptionDeps): Promise<StravaId> {
  const created = await client.createSubscription(wanted)
  if (created.ok) return created.value.id
  // "already exists" (recorded response): another process created it, or the answer to an earlier call was lost.
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
