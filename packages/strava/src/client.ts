import {
  type ActivityDetail,
  type ActivityPage,
  parseActivityDetail,
  parseActivityPage,
} from './activities.ts'
import { parseAthlete, type StravaAthlete } from './athlete.ts'
import { type Fetch, httpFetch } from './http-fetch.ts'
import { toJsonbText } from './jsonb-text.ts'
import { mapResult, type StravaResult } from './result.ts'
import type { StravaId } from './strava-id.ts'
import { parseSubscription, parseSubscriptions, type StravaSubscription } from './subscriptions.ts'
import { parseTokens, type StravaTokens } from './tokens.ts'
import { createTransport, type StravaRequest } from './transport.ts'

export interface StravaClientOptions {
  /** For example `https://www.strava.com/api/v3`. */
  readonly apiUrl: string
  /** For example `https://www.strava.com/oauth`. */
  readonly oauthUrl: string
  /** `revoke`, or `deauthorize`, which Strava ends in 2027. */
  readonly revokePath: 'revoke' | 'deauthorize'
  readonly clientId: string
  readonly clientSecret: string
  /** Time-out of a whole call, its body included (ms). Default 15,000. */
  readonly timeoutMs?: number | undefined
  /** Maximum decompressed body of a success. Default 20 MiB; 200 summaries are up to 1.5 MB. */
  readonly maxBodyBytes?: number | undefined
  /** Sends a request, as the standard's `fetch` does; {@link httpFetch} by default. */
  readonly fetch?: Fetch | undefined
  /** Epoch milliseconds. Default: the system's clock. */
  readonly now?: (() => number) | undefined
}

/** Parameters of a list page. Strava filters by start, not by upload. */
export interface ActivityQuery {
  /** Started before this: epoch seconds. */
  readonly before?: number | undefined
  /** Started after this: epoch seconds. In the future: 400. */
  readonly after?: number | undefined
  /** From 1. */
  readonly page?: number | undefined
  /** 200 at most. */
  readonly perPage: number
}

/** The address to which Strava sends events, and the token that it presents when it verifies the address. */
export interface SubscriptionRequest {
  /** At most 255 characters. */
  readonly callbackUrl: string
  readonly verifyToken: string
}

/** Strava's endpoints that ikigai calls. No call is retried and none rejects: a failure is a value. */
export interface StravaClient {
  listActivities(accessToken: string, query: ActivityQuery): Promise<StravaResult<ActivityPage>>
  getActivity(accessToken: string, id: StravaId): Promise<StravaResult<ActivityDetail>>
  /** The athlete of the access token; tests whether Strava accepts it. */
  getAthlete(accessToken: string): Promise<StravaResult<StravaAthlete>>
  refreshToken(refreshToken: string): Promise<StravaResult<StravaTokens>>
  /**
   * Ends the athlete's grant. `revoke` accepts either token, and succeeds for an invalid one; `deauthorize`
   * requires a valid access token, and otherwise answers `unauthorized`.
   */
  revoke(token: string): Promise<StravaResult<void>>
  listSubscriptions(): Promise<StravaResult<readonly StravaSubscription[]>>
  /** Strava calls `callbackUrl` before it answers. A second subscription is `bad_request`. */
  createSubscription(request: SubscriptionRequest): Promise<StravaResult<StravaSubscription>>
  deleteSubscription(id: StravaId): Promise<StravaResult<void>>
}

const DEFAULT_TIMEOUT_MS = 15_000
const DEFAULT_MAX_BODY_BYTES = 20 * 1024 * 1024

/** Creates the client of one Strava application. @throws TypeError if `apiUrl` or `oauthUrl` is not a URL */
export function createStravaClient(options: StravaClientOptions): StravaClient {
  const apiUrl = baseUrl(options.apiUrl)
  const oauthUrl = baseUrl(options.oauthUrl)
  const { clientId, clientSecret, revokePath } = options
  const credentials = { client_id: clientId, client_secret: clientSecret }
  const send = createTransport({
    fetch: options.fetch ?? httpFetch,
    now: options.now ?? Date.now,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxBodyBytes: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
  })

  async function call<T>(
    request: StravaRequest,
    parse: (text: string) => T | undefined,
  ): Promise<StravaResult<T>> {
    return mapResult(await send(request), (text) => parse(toJsonbText(text)))
  }

  function read<T>(accessToken: string, path: string, query: Query, parse: (text: string) => T | undefined) {
    const authorization = `Bearer ${accessToken}`
    return call(
      { method: 'GET', url: urlOf(apiUrl, path, query), authority: 'athlete', authorization },
      parse,
    )
  }

  return {
    listActivities: (accessToken, { before, after, page, perPage }) =>
      read(accessToken, 'athlete/activities', { before, after, page, per_page: perPage }, parseActivityPage),
    getActivity: (accessToken, id) =>
      read(accessToken, `activities/${encodeURIComponent(id)}`, {}, (text) => {
        const activity = parseActivityDetail(text)
        return activity?.id === id ? activity : undefined
      }),
    getAthlete: (accessToken) => read(accessToken, 'athlete', {}, parseAthlete),
    refreshToken: (refreshToken) => {
      const form = { ...credentials, grant_type: 'refresh_token', refresh_token: refreshToken }
      return call({ method: 'POST', url: urlOf(oauthUrl, 'token'), authority: 'grant', form }, parseTokens)
    },
    revoke: async (token) => {
      const url = urlOf(oauthUrl, revokePath)
      return withoutValue(
        await (revokePath === 'revoke'
          ? send({
              method: 'POST',
              url,
              authority: 'client',
              authorization: basic(clientId, clientSecret),
              form: { token },
            })
          : send({ method: 'POST', url, authority: 'athlete', authorization: `Bearer ${token}` })),
      )
    },
    listSubscriptions: () => {
      const url = urlOf(apiUrl, 'push_subscriptions', credentials)
      return call({ method: 'GET', url, authority: 'client' }, parseSubscriptions)
    },
    createSubscription: ({ callbackUrl, verifyToken }) => {
      const form = { ...credentials, callback_url: callbackUrl, verify_token: verifyToken }
      const url = urlOf(apiUrl, 'push_subscriptions')
      return call({ method: 'POST', url, authority: 'client', form }, parseSubscription)
    },
    deleteSubscription: async (id) => {
      const url = urlOf(apiUrl, `push_subscriptions/${encodeURIComponent(id)}`, credentials)
      return withoutValue(await send({ method: 'DELETE', url, authority: 'client' }))
    },
  }
}

type Query = Readonly<Record<string, string | number | undefined>>

/** The URL without trailing slashes. */
function baseUrl(text: string): string {
  return new URL(text).href.replace(/\/+$/, '')
}

function urlOf(base: string, path: string, query: Query = {}): URL {
  const url = new URL(`${base}/${path}`)
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  return url
}

/** HTTP Basic; id and secret are form-encoded first (RFC 6749, section 2.3.1). */
function basic(clientId: string, clientSecret: string): string {
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

function withoutValue(result: StravaResult<string>): StravaResult<void> {
  return result.ok ? { ok: true, value: undefined, meta: result.meta } : result
}
