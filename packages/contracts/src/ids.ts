import { Type } from 'typebox'

/**
 * An id given by Strava (athlete, activity): int64 as a decimal string, because
 * JavaScript numbers are exact only up to 2^53.
 */
export type StravaId = string

/** Schema of a {@link StravaId}: a positive decimal integer without leading zeros. */
export const StravaIdSchema = Type.String({
  pattern: '^[1-9][0-9]{0,18}$',
  description: 'An id given by Strava: int64 as a decimal string',
})

/** Schema of an instant: RFC 3339, with `Z` or a numeric offset. */
export const InstantSchema = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2})$',
  description: 'RFC 3339 date and time with zone',
})

/** Form of a day without a zone: `2026-03-04` (RFC 3339 `full-date`). */
export const DATE = { pattern: '^\\d{4}-\\d{2}-\\d{2}$', examples: ['2026-03-04'] }

/** Schema of `T | null`. */
export const Nullable = <T extends import('typebox').TSchema>(schema: T) => Type.Union([schema, Type.Null()])
