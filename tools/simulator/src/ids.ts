import { type Static, Type } from 'typebox'

/** An id as Strava gives it (int64), kept as a decimal string. */
export const StravaIdSchema = Type.String({ pattern: '^[1-9][0-9]{0,18}$' })
export type StravaId = Static<typeof StravaIdSchema>
