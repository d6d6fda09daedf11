import { Type } from 'typebox'

/** An id assigned by Strava: a positive int64 as a decimal string, because JavaScript numbers are exact only up to 2^53. */
export type StravaId = string

const MAX_INT64 = 9_223_372_036_854_775_807n

/** Schema of an id in exactly parsed JSON, where every `bigint` fits int64. */
export const Int64IdSchema = Type.BigInt({ minimum: 1n })

/** Parses an id. `undefined` if the text is not a positive int64 in plain decimal digits. */
export function parseStravaId(text: string): StravaId | undefined {
  if (!/^[1-9]\d{0,18}$/.test(text)) return undefined
  return BigInt(text) <= MAX_INT64 ? text : undefined
}
