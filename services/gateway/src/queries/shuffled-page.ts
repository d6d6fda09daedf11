import { createHmac, randomBytes } from 'node:crypto'
import type { ActivityFilter, StravaId } from '@ikigai/contracts'
import { activities, type Db } from '@ikigai/db'
import type { RingKey } from '@ikigai/keyring'
import { and, eq, sql } from 'drizzle-orm'
import {
  type Choice,
  type ChosenActivity,
  columnsWithDetail,
  reasonForNone,
  withDetail,
} from './activities.ts'
import { filterKey } from './cursor.ts'
import { InputError } from './input-error.ts'
import { fitsInt64 } from './int64.ts'
import { type VisibilityFilter, visibleTo } from './visibility.ts'

/** The shuffled order and the position in it. */
interface ShuffleCursor {
  /** Id of the key that seeds the order. */
  readonly keyId: string
  /** Random; makes each shuffle's order different. */
  readonly nonce: string
  /** The last activity returned and its hash; undefined at the start. */
  readonly last?: { readonly at: string; readonly id: string } | undefined
}

const VERSION = 'shuffle.1'
const CURSOR = /^shuffle\.1:([\w.-]{1,64}):([\w-]{11}):([\w-]{8}):(-?\d{1,19}):([1-9]\d{0,18})$/

/**
 * Returns the next activity of a shuffle: all matching activities in random order, each once. An empty cursor starts one.
 *
 * The order is that of a keyed hash of the activity ids with the shuffle's own seed, so every gateway computes the same
 * order without state. An activity added meanwhile is returned if its hash is still ahead; a deleted one is not. None is
 * returned twice. After the last one a new shuffle starts.
 *
 * @throws InputError
 */
export async function shuffledPage(
  db: Db,
  visibility: VisibilityFilter,
  filter: ActivityFilter,
  cursor: string,
  keys: readonly RingKey[],
): Promise<Choice> {
  const place = cursor === '' ? undefined : decode(filter, cursor, keys)
  const step = place === undefined ? undefined : await pageFrom(db, visibility, filter, place, keys)
  if (step !== undefined) return step
  const first = await pageFrom(db, visibility, filter, newShuffle(keys), keys)
  return first ?? reasonForNone(db, visibility, filter)
}

async function pageFrom(
  db: Db,
  visibility: VisibilityFilter,
  filter: ActivityFilter,
  place: ShuffleCursor,
  keys: readonly RingKey[],
): Promise<ChosenActivity | undefined> {
  const at = sql`hashtextextended(${activities.id}::text, ${seedOf(place, visibility.athleteId, keys)}::bigint)`
  const isAhead =
    place.last === undefined
      ? undefined
      : sql`(${at}, ${activities.id}) > (${place.last.at}::bigint, ${place.last.id}::bigint)`
  // The second row only shows whether another activity follows.
  const ahead = db
    .select({ id: activities.id, at: sql<string>`${at}`.as('at') })
    .from(activities)
    .where(and(visibleTo(visibility, filter), isAhead))
    .orderBy(sql`"at"`, activities.id)
    .limit(2)
    .as('ahead')
  const [row, next] = await db
    .select({ ...columnsWithDetail(visibility), reached: sql<string>`ahead.at::text` })
    .from(activities)
    .innerJoin(ahead, eq(activities.id, ahead.id))
    .orderBy(sql`ahead.at`, activities.id)
  if (row === undefined) return undefined
  const { reached, ...found } = row
  const reachedPlace = { ...place, last: { at: reached, id: found.id } }
  return { ...withDetail(found), nextCursor: next === undefined ? null : encode(filter, reachedPlace) }
}

function newShuffle([key]: readonly RingKey[]): ShuffleCursor {
  if (key === undefined) throw new TypeError('The key ring is empty')
  return { keyId: key.id, nonce: randomBytes(8).toString('base64url') }
}

/** Seed of a shuffle's order. Derived from a secret key, so that a cursor reveals neither the order nor other ids. */
function seedOf({ keyId, nonce }: ShuffleCursor, athleteId: StravaId, keys: readonly RingKey[]): string {
  const key = keys.find(({ id }) => id === keyId)?.key
  if (key === undefined) throw invalid()
  return createHmac('sha256', key)
    .update(`random shuffle:${nonce}:${athleteId}`)
    .digest()
    .readBigInt64BE()
    .toString()
}

const encode = (filter: ActivityFilter, { keyId, nonce, last }: ShuffleCursor) =>
  Buffer.from([VERSION, keyId, nonce, filterKey(filter), last?.at, last?.id].join(':')).toString('base64url')

function decode(filter: ActivityFilter, cursor: string, keys: readonly RingKey[]): ShuffleCursor {
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  const [, keyId, nonce, scope, at, id] = CURSOR.exec(text) ?? []
  if (keyId === undefined || nonce === undefined || at === undefined || id === undefined) throw invalid()
  if (scope !== filterKey(filter)) throw invalid('This cursor was issued for another filter.')
  const place = { keyId, nonce, last: { at, id } }
  const isKnown = keys.some(({ id: known }) => known === keyId)
  if (!isKnown || !fitsInt64(id) || !isInt64(at) || encode(filter, place) !== cursor) throw invalid()
  return place
}

const isInt64 = (digits: string) => String(BigInt.asIntN(64, BigInt(digits))) === digits

const invalid = (message = 'This cursor was not issued by this operation.') =>
  new InputError('/cursor', message, 'invalid_cursor')
