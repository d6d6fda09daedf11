import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { parseExactJson } from './exact-json.ts'
import { Int64IdSchema, type StravaId } from './strava-id.ts'

/** An athlete as `GET /athlete` answers; ikigai takes the profile from the token response and needs only the id here. */
export interface StravaAthlete {
  readonly id: StravaId
}

const Athlete = Compile(Type.Object({ id: Int64IdSchema }))

/** Parses the answer to `GET /athlete`. `undefined` if it is not an athlete. */
export function parseAthlete(rawText: string): StravaAthlete | undefined {
  const value = parseExactJson(rawText)
  return Athlete.Check(value) ? { id: String(value.id) } : undefined
}
