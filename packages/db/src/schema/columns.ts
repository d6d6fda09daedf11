import { customType, timestamp } from 'drizzle-orm/pg-core'

/** An int64 id given by Strava: `bigint` in Postgres, a decimal string here (JavaScript would round it). */
export const stravaId = customType<{ data: string; driverData: string }>({ dataType: () => 'bigint' })

/** An instant. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

/** JSON that is written and read as text, unparsed, so that numbers beyond 2^53 keep their digits. */
export const jsonText = customType<{ data: string; driverData: string }>({ dataType: () => 'jsonb' })
