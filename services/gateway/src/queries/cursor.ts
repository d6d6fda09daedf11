import { createHash } from 'node:crypto'
import { ACTIVITY_SORTS, type ActivityFilter, type ActivitySort } from '@ikigai/contracts'
import { InputError } from './input-error.ts'
import { fitsInt64 } from './int64.ts'

/** Position of the last activity of a page; the next page starts after it. */
export interface Position {
  /** Value of the sort column: a number, or epoch ms. */
  readonly value: number
  readonly id: string
}

/** Order and filter that a cursor is bound to. */
export interface ListShape {
  readonly sort: ActivitySort
  readonly filter: ActivityFilter
}

/** Format version; raise it when the meaning of a position changes. */
const VERSION = 'activities.2'
const CURSOR = /^activities\.2:([a-z_-]+):([\w-]{8}):(-?[\d.e+-]{1,25}):([1-9]\d{0,18})$/

/** Encodes a position as the opaque cursor that clients send back. */
export function encodeCursor({ sort, filter }: ListShape, { value, id }: Position): string {
  return Buffer.from([VERSION, sort, filterKey(filter), value, id].join(':')).toString('base64url')
}

/** @throws InputError with code `invalid_cursor` unless {@link encodeCursor} made the text for this order and filter */
export function decodeCursor(shape: ListShape, cursor: string): Position {
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  const [, sort, key, value, id] = CURSOR.exec(text) ?? []
  if (sort === undefined || key === undefined || value === undefined || id === undefined) throw invalid()
  if (sort !== shape.sort || key !== filterKey(shape.filter)) {
    const isSort = ACTIVITY_SORTS.some((known) => known === sort)
    throw isSort ? foreign() : invalid()
  }
  const position = { value: Number(value), id }
  // base64url is not injective: accept only the canonical text.
  if (!fitsInt64(id) || !Number.isFinite(position.value) || encodeCursor(shape, position) !== cursor)
    throw invalid()
  return position
}

/** Short hash of a filter. */
export const filterKey = (filter: ActivityFilter): string =>
  createHash('sha256').update(filterText(filter)).digest('base64url').slice(0, 8)

/** Canonical text of a filter: equal filters give equal texts. */
export function filterText(filter: ActivityFilter): string {
  const bounds = Object.entries(filter).filter(([, bound]) => bound !== undefined)
  return JSON.stringify(bounds.sort(([one], [other]) => (one < other ? -1 : 1)))
}

const invalid = () =>
  new InputError('/cursor', 'This cursor was not issued by this operation.', 'invalid_cursor')

const foreign = () =>
  new InputError('/cursor', 'This cursor was issued for another order or filter.', 'invalid_cursor')

/** Whether PostgreSQL accepts the ISO text of this instant (years 1 to 9999). */
export function isStorable(instant: Date): boolean {
  const year = instant.getUTCFullYear()
  return year >= 1 && year <= 9999
}
