import { type Static, Type } from 'typebox'

/** One number per counting window. */
export const WindowPairSchema = Type.Object(
  { fifteenMinutes: Type.Integer({ minimum: 0 }), day: Type.Integer({ minimum: 0 }) },
  { additionalProperties: false },
)
export type WindowPair = Static<typeof WindowPairSchema>

/** Limits or usage: two counters (read and overall), each in two windows. */
export const RateNumbersSchema = Type.Object(
  { read: WindowPairSchema, overall: WindowPairSchema },
  { additionalProperties: false },
)
export type RateNumbers = Static<typeof RateNumbersSchema>
