import { stringify } from 'lossless-json'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { parseExactJson } from './exact-json.ts'
import { Int64IdSchema, type StravaId } from './strava-id.ts'

/** An athlete. Texts are Strava's and may be empty; `null` where Strava gave none. */
export interface StravaAthlete {
  readonly id: StravaId
  readonly username: string | null
  readonly firstname: string | null
  readonly lastname: string | null
  readonly city: string | null
  readonly state: string | null
  readonly country: string | null
  readonly sex: string | null
  /** The large picture's address. */
  readonly profile: string | null
  /** The small picture's address. */
  readonly profileMedium: string | null
  /** The athlete's JSON, fit for `jsonb`. */
  readonly raw: string
}

const Athlete = Compile(
  Type.Object({
    id: Int64IdSchema,
    username: Type.Optional(Type.Unknown()),
    firstname: Type.Optional(Type.Unknown()),
    lastname: Type.Optional(Type.Unknown()),
    city: Type.Optional(Type.Unknown()),
    state: Type.Optional(Type.Unknown()),
    country: Type.Optional(Type.Unknown()),
    sex: Type.Optional(Type.Unknown()),
    profile: Type.Optional(Type.Unknown()),
    profile_medium: Type.Optional(Type.Unknown()),
  }),
)

/** Reads the answer to `GET /athlete`; only the id is required. */
export function parseAthlete(rawText: string): StravaAthlete | undefined {
  const athlete = readAthlete(parseExactJson(rawText))
  return athlete && { ...athlete, raw: rawText }
}

/** Reads an athlete inside another answer, from exactly parsed JSON. */
export function readAthlete(value: unknown): StravaAthlete | undefined {
  if (!Athlete.Check(value)) return undefined
  return {
    id: String(value.id),
    username: textOrNull(value.username),
    firstname: textOrNull(value.firstname),
    lastname: textOrNull(value.lastname),
    city: textOrNull(value.city),
    state: textOrNull(value.state),
    country: textOrNull(value.country),
    sex: textOrNull(value.sex),
    profile: textOrNull(value.profile),
    profileMedium: textOrNull(value.profile_medium),
    raw: stringify(value) ?? '',
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
