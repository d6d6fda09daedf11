import type { StravaId } from '@ikigai/contracts'
import { activities, athletes, idIn, type Tx } from '@ikigai/db'
import { enqueue, type OutboxMessage } from '@ikigai/outbox'
import type { ActivityDetail } from '@ikigai/strava'
import { and, asc, eq, inArray, lte, ne, or } from 'drizzle-orm'
import { isInFuture } from '../clocks/ahead.ts'
import { schedule } from '../schedule/schedule.ts'
import { changeMessages, deletionMessage } from './activity-events.ts'
import { type Observation, upsertActivities } from './upsert.ts'

/** One activity of an answer, with the owner that the document names. */
export interface StoredDocument {
  readonly id: StravaId
  readonly athleteId: StravaId
  /** The JSON text, unchanged and valid as `jsonb`. */
  readonly raw: string
}

/** Strava's answer to a call with an athlete's token. */
export interface Answer {
  readonly athleteId: StravaId
  readonly documents: readonly StoredDocument[]
  readonly kind: Observation['kind']
  /** When the call was sent: epoch ms. */
  readonly sentAt: number
}

/** Stores an answer as {@link writeDocuments} does, and adds the events to the outbox. */
export async function storeDocuments(tx: Tx, answer: Answer, now: Date): Promise<void> {
  const [events] = await writeDocuments(tx, answer, now)
  await enqueue(tx, events)
}

/**
 * Stores the documents of an answer. The newer document decides the owner (an activity keeps its id when accounts are
 * merged): the row moves to the new owner, with events for both. If the document names another athlete than the one whose
 * token was used, that athlete's row is removed.
 * @returns the events to publish, none of which is in the outbox yet, and the result of `besides`
 */
export async function writeDocuments<Besides = undefined>(
  tx: Tx,
  answer: Answer,
  now: Date,
  { owners, besides }: WriteOptions<Besides> = {},
): Promise<[OutboxMessage[], Besides | undefined]> {
  const { athleteId, kind, sentAt } = answer
  const own = answer.documents.filter((each) => each.athleteId === athleteId)
  const foreign = answer.documents.filter((each) => each.athleteId !== athleteId)
  const formerOwners = await lockFormerOwners(tx, athleteId, own, owners)
  const documents = own.map(({ raw }) => raw)
  const [changes, result] = await Promise.all([
    upsertActivities(tx, { athleteId, documents, kind, sentAt, now }),
    besides?.(),
  ])
  const events = [
    ...formerOwners
      .filter(({ id, shown }) => shown && changes.created.some((row) => row.id === id))
      .map(({ id, owner }) => deletionMessage(owner, id, now)),
    ...changeMessages(athleteId, changes, now),
    ...(await removeForeign(tx, { ...answer, documents: foreign }, now)),
  ]
  return [events, result]
}

/** Options of {@link writeDocuments}. */
export interface WriteOptions<Besides> {
  /** Result of {@link otherOwners}, if it was read under the athlete's lock already. */
  readonly owners?: readonly StravaId[]
  /** Statements to be sent together with those that store the documents, and run after them. */
  readonly besides?: () => Promise<Besides>
}

/** Other athletes who have activities of these ids. */
export async function otherOwners(
  tx: Tx,
  athleteId: StravaId,
  ids: readonly StravaId[],
): Promise<StravaId[]> {
  const rows = await tx
    .selectDistinct({ owner: activities.athleteId })
    .from(activities)
    .where(and(idIn(activities.id, ids), ne(activities.athleteId, athleteId)))
  return rows.map(({ owner }) => owner)
}

/** Stores the detail of one activity, as {@link storeDocuments} does. */
export const storeDetail = (
  tx: Tx,
  athleteId: StravaId,
  { value, sentAt }: { readonly value: ActivityDetail; readonly sentAt: number },
  now: Date,
): Promise<void> => {
  const documents = [{ id: value.id, athleteId: value.athleteId, raw: value.rawText }]
  return storeDocuments(tx, { athleteId, documents, kind: 'detail', sentAt }, now)
}

interface FormerOwner {
  readonly id: StravaId
  readonly owner: StravaId
  readonly shown: boolean
}

/** Locks the former owners of these activities, so that their events are published in the order of the changes. */
async function lockFormerOwners(
  tx: Tx,
  athleteId: StravaId,
  own: readonly StoredDocument[],
  known: readonly StravaId[] | undefined,
): Promise<FormerOwner[]> {
  if (own.length === 0) return []
  const ids = own.map(({ id }) => id)
  const owners = new Set(known ?? (await otherOwners(tx, athleteId, ids)))
  if (owners.size === 0) return []
  await tx
    .select({ id: athletes.id })
    .from(athletes)
    .where(inArray(athletes.id, [...owners]))
    .orderBy(asc(athletes.id))
    .for('no key update')
  const rows = await tx
    .select({ id: activities.id, owner: activities.athleteId, hiddenAt: activities.hiddenAt })
    .from(activities)
    .where(and(idIn(activities.id, ids), ne(activities.athleteId, athleteId)))
  return rows
    .filter(({ owner }) => owners.has(owner))
    .map(({ id, owner, hiddenAt }) => ({ id, owner, shown: hiddenAt === null }))
}

/** Removes activities that belong to another athlete, and fetches them with that athlete's grant if there is an account. */
async function removeForeign(
  tx: Tx,
  { athleteId, documents, sentAt }: Answer,
  now: Date,
): Promise<OutboxMessage[]> {
  if (documents.length === 0) return []
  const ids = documents.map(({ id }) => id)
  const gone = await tx
    .delete(activities)
    .where(
      and(
        eq(activities.athleteId, athleteId),
        idIn(activities.id, ids),
        or(lte(activities.observedAt, new Date(sentAt)), isInFuture(activities.observedAt, now)),
      ),
    )
    .returning({ id: activities.id, hiddenAt: activities.hiddenAt })
  const messages = gone
    .filter(({ hiddenAt }) => hiddenAt === null)
    .map(({ id }) => deletionMessage(athleteId, id, now))
  const removed = new Set(gone.map(({ id }) => id))
  const moved = documents.filter(({ id }) => removed.has(id))
  if (moved.length === 0) return messages
  const withAccount = await tx
    .select({ id: athletes.id })
    .from(athletes)
    .where(inArray(athletes.id, [...new Set(moved.map((each) => each.athleteId))]))
  const owners = new Set(withAccount.map(({ id }) => id))
  const fetchable = moved.filter((each) => owners.has(each.athleteId))
  await schedule(
    tx,
    fetchable.map((each) => ({ lane: 'webhook' as const, athleteId: each.athleteId, activityId: each.id })),
    now,
  )
  return messages
}
