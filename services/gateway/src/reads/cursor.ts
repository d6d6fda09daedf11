import { InputError } from './input-error.ts'
import { fitsInt64 } from './int64.ts'

/** The last activity of a page: the next one begins after it. */
export interface Position {
  readonly startAt: Date
  readonly id: string
}

/** The number changes when the order of the list does, so that no old cursor is misread. */
const VERSION = 'activities.1'
const CURSOR = /^activities\.1:(-?\d{1,15}):([1-9]\d{0,18})$/

/** Writes a position as the opaque text that clients hand back. */
export function encodeCursor({ startAt, id }: Position): string {
  return Buffer.from(`${VERSION}:${startAt.getTime()}:${id}`).toString('base64url')
}

/** @throws InputError with code `invalid_cursor` unless {@link encodeCursor} made the text */
export function decodeCursor(cursor: string): Position {
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  const [, startMs, id] = CURSOR.exec(text) ?? []
  if (startMs === undefined || id === undefined || !fitsInt64(id)) throw invalid()
  const position = { startAt: new Date(Number(startMs)), id }
  // Many texts decode to the same bytes; only one of them is ours.
  if (encodeCursor(position) !== cursor || !isStorable(position.startAt)) throw invalid()
  return position
}

const invalid = () =>
  new InputError('/cursor', 'The cursor is not one that this list has given out.', 'invalid_cursor')

/** Whether Postgres understands the ISO text that this instant is sent as. */
export function isStorable(instant: Date): boolean {
  const year = instant.getUTCFullYear()
  return year >= 1 && year <= 9999
}
