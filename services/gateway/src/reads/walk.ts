import { createHmac, randomBytes } from 'node:crypto'
import type { ActivityFilter, StravaId } from '@ikigai/contracts'
import { activities, type Db } from '@ikigai/db'
import type { RingKey } from '@ikigai/keyring'
import { and, eq, sql } from 'drizzle-orm'
import { type Choice, type Chosen, columnsWithDetail, nothingToChoose, withDetail } from './activities.ts'
import { filterKey } from './cursor.ts'
import { InputError } from './input-error.ts'
import { fitsInt64 } from './int64.ts'
import { shown, type View } from './shown.ts'

/** Where a walk is. */
interface Place {
  /** Names the key that the order depends on. */
  readonly keyId: string
  /** Makes this walk's order unlike any other's. */
  readonly nonce: string
  /** The activity of the last step, and its place in the order; undefined before the first. */
  readonly last?: { readonly at: string; readonly id: string } | undefined
}

const VERSION = 'walk.1'
const CURSOR = /^walk\.1:([\w.-]{1,64}):([\w-]{11}):([\w-]{8}):(-?\d{1,19}):([1-9]\d{0,18})$/

/**
 * The next step of a walk through all activities that fit, in a random order and each once. An empty cursor begins one.
 *
 * The order is that of a hash of each activity's id under a key of this walk's own, so it is the same on every gateway and
 * needs no memory. What comes during the walk has its place in the order like any other: it is met if that is still ahead.
 * What goes is not met any more. Nothing is met twice. When nothing is left, a new walk begins.
 *
 * @throws InputError
 */
export async function walk(
  db: Db,
  view: View,
  filter: ActivityFilter,
  cursor: string,
  keys: readonly RingKey[],
): Promise<Choice> {
  const place = cursor === '' ? undefined : decode(filter, cursor, keys)
  const step = place === undefined ? undefined : await stepFrom(db, view, filter, place, keys)
  if (step !== undefined) return step
  const first = await stepFrom(db, view, filter, beginning(keys), keys)
  return first ?? nothingToChoose(db, view, filter)
}

async function stepFrom(
  db: Db,
  view: View,
  filter: ActivityFilter,
  place: Place,
  keys: readonly RingKey[],
): Promise<Chosen | undefined> {
  const at = sql`hashtextextended(${activities.id}::text, ${seedOf(place, view.athleteId, keys)}::bigint)`
  const isAhead =
    place.last === undefined
      ? undefined
      : sql`(${at}, ${activities.id}) > (${place.last.at}::bigint, ${place.last.id}::bigint)`
  // The second one only tells whether there is a next step.
  const ahead = db
    .select({ id: activities.id, at: sql<string>`${at}`.as('at') })
    .from(activities)
    .where(and(shown(view, filter), isAhead))
    .orderBy(sql`"at"`, activities.id)
    .limit(2)
    .as('ahead')
  const [row, next] = await db
    .select({ ...columnsWithDetail(view), reached: sql<string>`ahead.at::text` })
    .from(activities)
    .innerJoin(ahead, eq(activities.id, ahead.id))
    .orderBy(sql`ahead.at`, activities.id)
  if (row === undefined) return undefined
  const { reached, ...found } = row
  const here = { ...place, last: { at: reached, id: found.id } }
  return { ...withDetail(found), nextCursor: next === undefined ? null : encode(filter, here) }
}

function beginning([key]: readonly RingKey[]): Place {
  if (key === undefined) throw new TypeError('The key ring is empty')
  return { keyId: key.id, nonce: randomBytes(8).toString('base64url') }
}

/** Nobody without the key can tell the order, or from a place in it which activities there are. */
function seedOf({ keyId, nonce }: Place, athleteId: StravaId, keys: readonly RingKey[]): string {
  const key = keys.find(({ id }) => id === keyId)?.key
  if (key === undefined) throw invalid()
  return createHmac('sha256', key)
    .update(`random walk:${nonce}:${athleteId}`)
    .digest()
    .readBigInt64BE()
    .toString()
}

const encode = (filter: ActivityFilter, { keyId, nonce, last }: Place) =>
  Buffer.from([VERSION, keyId, nonce, filterKey(filter), last?.at, last?.id].join(':')).toString('base64url')

function decode(filter: ActivityFilter, cursor: string, keys: readonly RingKey[]): Place {
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  const [, keyId, nonce, scope, at, id] = CURSOR.exec(text) ?? []
  if (keyId === undefined || nonce === undefined || at === undefined || id === undefined) throw invalid()
  if (scope !== filterKey(filter)) throw invalid('The cursor belongs to another filter.')
  const place = { keyId, nonce, last: { at, id } }
  const isKnown = keys.some(({ id: known }) => known === keyId)
  if (!isKnown || !fitsInt64(id) || !isInt64(at) || encode(filter, place) !== cursor) throw invalid()
  return place
}

const isInt64 = (digits: string) => String(BigInt.asIntN(64, BigInt(digits))) === digits

const invalid = (message = 'The cursor is not one that a walk has given out.') =>
  new InputError('/cursor', message, 'invalid_cursor')
