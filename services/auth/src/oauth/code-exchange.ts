import { isValid } from '@ikigai/chassis/validation'
import type { StravaId } from '@ikigai/contracts'
import { Type } from 'typebox'
import type { Tokens } from '../grants/tokens.ts'
import type { Refusal } from './refusals.ts'

/** Profile of the athlete in the token response. */
export interface AthleteProfile {
  readonly id: StravaId
  readonly username: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  readonly profileUrl: string | null
  /** When the account at Strava was created. */
  readonly stravaCreatedAt: Date | null
}

export type CodeExchange =
  | { readonly outcome: 'connected'; readonly athlete: AthleteProfile; readonly tokens: Tokens }
  | {
      readonly outcome: 'refused'
      readonly refusal: Refusal
      /** For the log: the error of Strava or the network, without secrets. */
      readonly reason: string
    }

const optionalText = Type.Optional(Type.Union([Type.String(), Type.Null()]))

/** The token response (Strava API docs, authentication); the athlete is a summary and may lack any name. */
const TokenResponseSchema = Type.Object({
  access_token: Type.String({ minLength: 1 }),
  refresh_token: Type.String({ minLength: 1 }),
  athlete: Type.Object({
    id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    username: optionalText,
    firstname: optionalText,
    lastname: optionalText,
    profile: optionalText,
    created_at: Type.Optional(Type.Unknown()),
  }),
})

/** Parses the token response as simple-oauth2 returns it. */
export function exchangeOf(token: unknown): CodeExchange {
  const expiresAt = expiryOf(token)
  if (!isValid(TokenResponseSchema, token) || Number.isNaN(expiresAt))
    return refused('strava-unavailable', 'the token response is incomplete')
  const { athlete, access_token: accessToken, refresh_token: refreshToken } = token
  return {
    outcome: 'connected',
    athlete: {
      id: String(athlete.id),
      username: storable(athlete.username),
      firstName: storable(athlete.firstname),
      lastName: storable(athlete.lastname),
      profileUrl: pictureUrl(athlete.profile),
      stravaCreatedAt: accountCreatedAt(athlete.created_at),
    },
    tokens: { accessToken, refreshToken, expiresAt },
  }
}

/** Epoch ms: simple-oauth2 has made a date of Strava's epoch seconds. NaN if there was none. */
function expiryOf(token: unknown): number {
  const at: unknown =
    typeof token === 'object' && token !== null ? Reflect.get(token, 'expires_at') : undefined
  return at instanceof Date ? at.getTime() : Number.NaN
}

/** Postgres rejects only the character NUL. */
function storable(text: string | null | undefined): string | null {
  return text?.replaceAll('\0', '') ?? null
}

/** An athlete without a picture has a relative path (recorded responses). */
function pictureUrl(profile: string | null | undefined): string | null {
  const url = storable(profile)
  return url !== null && /^https?:\/\//.test(url) ? url : null
}

/** An impossible value (Strava started in 2009) is ignored, because the date is used for an estimate only. */
function accountCreatedAt(value: unknown): Date | null {
  const at = typeof value === 'string' ? new Date(value) : undefined
  const year = at?.getUTCFullYear() ?? Number.NaN
  return at !== undefined && year >= 2008 && year < 10_000 ? at : null
}

/** An error of simple-oauth2's HTTP client: a Boom error with, for an answer of Strava, its status and body. */
const BoomSchema = Type.Object({ output: Type.Object({ statusCode: Type.Integer() }) })
const AnswerSchema = Type.Object({
  data: Type.Object({
    res: Type.Object({ statusCode: Type.Integer() }),
    payload: Type.Optional(Type.Unknown()),
  }),
})

/** Strava's error body: the first entry names the wrong parameter (recorded responses). */
const FaultSchema = Type.Object({
  message: Type.Optional(Type.String()),
  errors: Type.Array(Type.Object({ resource: Type.String(), field: Type.String(), code: Type.String() })),
})

/** Converts an error of the exchange to a refusal. */
export function exchangeRefused(error: unknown): CodeExchange {
  if (isValid(AnswerSchema, error)) {
    const { res, payload } = error.data
    const fault = faultOf(payload)
    return refused(refusalOf(res.statusCode, fault), `${res.statusCode} ${fault}`.trim())
  }
  const status = isValid(BoomSchema, error) ? error.output.statusCode : undefined
  if (status === 504 || status === 408) return refused('strava-timeout', 'no answer in time')
  return refused('strava-unavailable', 'no answer')
}

function refusalOf(status: number, fault: string): Refusal {
  if (status === 408 || status === 429 || status >= 500 || status < 400) return 'strava-unavailable'
  if (status === 403) {
    if (/limit of connected athletes/i.test(fault)) return 'athlete-capacity'
    return /status inactive/i.test(fault) ? 'application-inactive' : 'strava-unavailable'
  }
  if (/application (client_id|client_secret|redirect_uri) /i.test(fault)) return 'application-misconfigured'
  // The resource has had three names over the years: AuthorizationCode, RequestToken, Application with field `code`.
  if (/authorizationcode|requesttoken|application code/i.test(fault)) return 'code-invalid'
  // 401 is how Strava answers a wrong client secret.
  return status === 401 ? 'application-misconfigured' : 'strava-refused'
}

/** `Bad Request: AuthorizationCode code invalid`; empty for a body of another form, an HTML page for example. */
function faultOf(payload: unknown): string {
  if (!isValid(FaultSchema, payload)) return ''
  const details = payload.errors.map(({ resource, field, code }) => `${resource} ${field} ${code}`)
  return `${payload.message ?? ''}: ${details.join(', ')}`.slice(0, 200)
}

const refused = (refusal: Refusal, reason: string): CodeExchange => ({ outcome: 'refused', refusal, reason })
