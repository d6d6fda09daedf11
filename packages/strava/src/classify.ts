import { type FaultBody, parseFaultBody } from './faults.ts'
import type { RateLimitReading } from './rate-limit.ts'
import type { StravaError, StravaFault } from './result.ts'

/**
 * The credentials of a request, which decide the meaning of an error: an athlete's access token, a refresh token with
 * the client's credentials (the token endpoint), or the client's credentials alone.
 */
export type Authority = 'athlete' | 'grant' | 'client'

/** An answer with an error status. */
export interface ErrorAnswer {
  readonly status: number
  readonly text: string
  readonly authority: Authority
  readonly usage?: RateLimitReading | undefined
  readonly retryAfterMs?: number | undefined
}

/** Whether the status alone classifies the error, so that a truncated body does not matter. */
export function isClearWithoutBody(status: number): boolean {
  return status === 429 || status >= 500
}

/** Classifies an error answer (recorded responses, and the error table of Strava's API docs). */
export function classifyError(answer: ErrorAnswer): StravaError {
  const { status, text } = answer
  if (status === 429) return rateLimited(answer)
  if (status >= 500 || status < 400) return unavailable(status)
  const body = parseFaultBody(text)
  if (status === 403) return classifyForbidden(text, body)
  if (body === undefined) return unavailable(status)
  if (answer.authority === 'grant') return classifyGrantRefusal(status, body)
  if (answer.authority === 'client' && (status === 401 || isClientFault(body)))
    return { kind: 'invalid_client', message: 'Strava does not accept the client id or secret' }
  if (status === 401) return classifyUnauthorized(body.faults)
  if (status === 404) return classifyNotFound(body.faults)
  return badRequest(status, body.faults)
}

/** The error for an answer that does not come from Strava's API, whatever its status. */
export function unavailable(status: number): StravaError {
  return { kind: 'unavailable', status, message: `Strava is unavailable (HTTP ${status})` }
}

function rateLimited({ usage, retryAfterMs }: ErrorAnswer): StravaError {
  return {
    kind: 'rate_limited',
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(usage && { usage }),
    message: "the application's rate limit is used up",
  }
}

function classifyForbidden(text: string, body: FaultBody | undefined): StravaError {
  if (/connected athletes/i.test(text))
    return { kind: 'athlete_capacity', message: 'no further athlete may connect to the application' }
  const inactive = body?.faults.some(
    ({ resource, field, code }) =>
      /^application$/i.test(resource) && /^status$/i.test(field) && /^inactive$/i.test(code),
  )
  return inactive
    ? { kind: 'application_inactive', message: 'Strava has disabled the application' }
    : { kind: 'forbidden', message: 'Strava rejects the request (HTTP 403)' }
}

/** Strava names the code's resource `AuthorizationCode`, `RequestToken` or `Application` (recorded 2018, 2023, 2026). */
function classifyGrantRefusal(status: number, body: FaultBody): StravaError {
  const refused = body.faults.some(
    ({ resource, field, code }) =>
      code !== 'missing' &&
      (/^(RefreshToken|AuthorizationCode|RequestToken)$/.test(resource) ||
        /^(code|refresh_token)$/.test(field)),
  )
  if (refused || body.oauthError === 'invalid_grant')
    return { kind: 'invalid_grant', message: 'Strava does not accept the refresh token or code' }
  if (status === 401 || isClientFault(body))
    return { kind: 'invalid_client', message: 'Strava does not accept the client id or secret' }
  return badRequest(status, body.faults)
}

function isClientFault({ faults, oauthError }: FaultBody): boolean {
  return oauthError === 'invalid_client' || faults.some(({ field }) => /^client_(id|secret)$/.test(field))
}

function classifyUnauthorized(faults: readonly StravaFault[]): StravaError {
  const missing = faults.find(({ field, code }) => code === 'missing' && field.endsWith('_permission'))
  return missing === undefined
    ? { kind: 'unauthorized', message: 'Strava does not accept the access token' }
    : {
        kind: 'scope_missing',
        field: missing.field,
        message: 'the athlete has not granted the required scope',
      }
}

/** A 404 for an unknown path does not mean that an activity is gone: `resource`/`path`/`invalid` (recorded 2026). */
function classifyNotFound(faults: readonly StravaFault[]): StravaError {
  return faults.some(({ field }) => field === 'path')
    ? badRequest(404, faults)
    : { kind: 'not_found', message: 'not found at Strava, or not visible to this athlete' }
}

function badRequest(status: number, faults: readonly StravaFault[]): StravaError {
  return { kind: 'bad_request', faults, message: `Strava does not accept the request (HTTP ${status})` }
}
