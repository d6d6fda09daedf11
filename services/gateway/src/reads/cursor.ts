import { createHash } from 'node:crypto'
import { ACTIVITY_SORTS, type ActivityFilter, type ActivitySort } from '@ikigai/contracts'
import { InputError } from './input-error.ts'
import { fitsInt64 } from './int64.ts'

/** The last activity of a page: the next one begins after it. */
export interface Position {
  /** What the list is ordered by: a number, or epoch ms. */
  readonly value: number
  readonly id: string
}

/** Which list a cursor belongs to: in another one its position means nothing. */
export interface ListShape {
  readonly sort: ActivitySort
  readonly filter: ActivityFilter
}

/** The number changes when the meaning of a position does, so that no old cursor is misread. */
const VERSION = 'activities.2'
const CURSOR = /^activities\.2:([a-z_-]+):([\w-]{8}):(-?[\d.e+-]{1,25}):([1-9]\d{0,18})$/

/** Writes a position as the opaque text that clients hand back. */
export function encodeCursor({ sort, filter }: ListShape, { value, id }: Position): string {
  return Buffer.from([VERSION, sort, filterKey(filter), value, id].join(':')).toString('base64url')
}

/** @throws InputError with code `invalid_cursor` unless {@link encodeCursor} made the text for this very list */
export function decodeCursor(shape: ListShape, cursor: string): Position {
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  const [, sort, key, value, id] = CURSOR.exec(text) ?? []
  if (sort === undefined || key === undefined || value === undefined || id === undefined) throw invalid()
  if (sort !== shape.sort || key !== filterKey(shape.filter)) {
    const isSort = ACTIVITY_SORTS.some((known) => known === sort)
    throw isSort ? foreign() : invalid()
  }
  const position = { value: Number(value), id }
  // Many texts decode to the same bytes; only one of them is ours.
  if (!fitsInt64(id) || !Number.isFinite(position.value) || encodeCursor(shape, position) !== cursor)
    throw invalid()
  return position
}

/** Names a filter in a cursor. */
export const filterKey = (filter: ActivityFilter): string =>
  createHash('sha256').update(filterText(filter)).digest('base64url').slice(0, 8)

/** The same for equal filters, whatever the order of their bounds. */
export function filterText(filter: ActivityFilter): string {
  const bounds = Object.entries(filter).filter(([, bound]) => bound !== undefined)
  return JSON.stringify(bounds.sort(([one], [other]) => (one < other ? -1 : 1)))
}

const invalid = () =>
  new InputError('/cursor', 'The cursor is not one that this list has given out.', 'invalid_cursor')

const foreign = () =>
  new InputError('/cursor', 'The cursor belongs to another order or another filter.', 'invalid_cursor')

/** Whether Postgres understands the ISO text that this instant is sent as. */
export function isStorable(instant: Date): boolean {
  const year = instant.getUTCFullYear()
  return year >= 1 && year <= 9999
}
