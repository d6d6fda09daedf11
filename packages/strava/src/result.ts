import type { RateLimitReading } from './rate-limit.ts'

/** Metadata of one call. Times are epoch milliseconds of the client's own clock. */
export interface StravaMeta {
  /** Strava's count of the application's calls; absent where the answer had no well-formed headers. */
  readonly usage?: RateLimitReading | undefined
  /** Strava's clock: the answer's `Date` header, epoch milliseconds. */
  readonly date?: number | undefined
  /** HTTP status; absent when there was no answer. */
  readonly status?: number | undefined
  readonly sentAt: number
  /** When the answer was complete, or the call failed. */
  readonly receivedAt: number
  readonly durationMs: number
}

/** One entry of `errors` in Strava's error body; texts are Strava's, cut to 100 characters. */
export interface StravaFault {
  readonly resource: string
  readonly field: string
  readonly code: string
}

/**
 * Why a call failed. `message` is for logs and operators: it contains no token, secret, address or text of
 * the answer.
 */
export type StravaError =
  /** 429: a limit is used up. No `retryAfterMs`: Strava gave no time; wait for the reset of the window. */
  | {
      readonly kind: 'rate_limited'
      readonly retryAfterMs?: number | undefined
      readonly usage?: RateLimitReading | undefined
      readonly message: string
    }
  /** 401: the access token is wrong, expired or revoked. */
  | { readonly kind: 'unauthorized'; readonly message: string }
  /** 401 that a refresh cannot fix: the athlete did not grant `field`, for example `activity:read_permission`. */
  | { readonly kind: 'scope_missing'; readonly field: string; readonly message: string }
  /** 403: Strava has disabled the application (its subscription lapsed, for example). It answers every call like this. */
  | { readonly kind: 'application_inactive'; readonly message: string }
  /** 403: no further athlete may connect to the application. */
  | { readonly kind: 'athlete_capacity'; readonly message: string }
  /** Any other 403, those of the CDN included. Not the athlete's fault. */
  | { readonly kind: 'forbidden'; readonly message: string }
  /** 404: deleted, or not visible to this token. A path that Strava does not know is `bad_request`. */
  | { readonly kind: 'not_found'; readonly message: string }
  /** 400 and every other 4xx answer of Strava: repeating the call changes nothing. */
  | { readonly kind: 'bad_request'; readonly faults: readonly StravaFault[]; readonly message: string }
  /** Token endpoint: the refresh token or the code is wrong, used or revoked. */
  | { readonly kind: 'invalid_grant'; readonly message: string }
  /** The client id or the client secret is wrong. */
  | { readonly kind: 'invalid_client'; readonly message: string }
  /** 5xx, a redirect, or an answer that does not come from Strava's API, such as an HTML page. */
  | { readonly kind: 'unavailable'; readonly status: number; readonly message: string }
  /** No complete answer in time. Strava may have received and counted the request. */
  | { readonly kind: 'timeout'; readonly message: string }
  /** The connection failed. `sent` is false only if Strava cannot have received the request (name unknown, refused). */
  | {
      readonly kind: 'network'
      readonly sent: boolean
      /** The system's name of the failure, for example `ECONNREFUSED`. */
      readonly code?: string | undefined
      readonly message: string
    }
  /** A success whose body cannot be parsed. */
  | { readonly kind: 'malformed'; readonly message: string }

export type StravaErrorKind = StravaError['kind']

/** The result of a call: failures are values, never thrown. */
export type StravaResult<T> =
  | { readonly ok: true; readonly value: T; readonly meta: StravaMeta }
  | { readonly ok: false; readonly error: StravaError; readonly meta: StravaMeta }

/** Parses the value of a result; `malformed` if `parse` returns `undefined`. */
export function mapResult<T, U>(
  result: StravaResult<T>,
  parse: (value: T) => U | undefined,
): StravaResult<U> {
  if (!result.ok) return result
  const value = parse(result.value)
  const { meta } = result
  return value === undefined
    ? {
        ok: false,
        error: { kind: 'malformed', message: "Strava's answer is not of the documented form" },
        meta,
      }
    : { ok: true, value, meta }
}
