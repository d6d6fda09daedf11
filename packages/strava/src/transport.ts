import { inSpan, type Span, SpanKind } from '@ikigai/chassis/tracing'
import { type Authority, classifyError, isClearWithoutBody, unavailable } from './classify.ts'
import type { Answer, Fetch, RequestOptions } from './http-fetch.ts'
import { networkFailure } from './network-failure.ts'
import { parseRateLimit } from './rate-limit.ts'
import { type BodyText, readBody } from './read-body.ts'
import type { StravaError, StravaMeta, StravaResult } from './result.ts'

export interface StravaRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly url: URL
  readonly authority: Authority
  /** The value of the `Authorization` header. */
  readonly authorization?: string
  readonly form?: Readonly<Record<string, string>>
}

export interface TransportOptions {
  readonly fetch: Fetch
  readonly now: () => number
  readonly timeoutMs: number
  readonly maxBodyBytes: number
}

/** Sends one request, once, and resolves with the body's text or an error value. Never rejects. */
export type Transport = (request: StravaRequest) => Promise<StravaResult<string>>

/** An error body is read only to classify the error. */
const MAX_ERROR_BODY_BYTES = 64 * 1024

type Outcome = { readonly text: string } | { readonly error: StravaError }

/** Creates the transport through which every request to Strava passes. */
export function createTransport(options: TransportOptions): Transport {
  const send = async (request: StravaRequest): Promise<StravaResult<string>> => {
    const sentAt = options.now()
    const { signal, clear } = startDeadline(options.timeoutMs)
    let head: Pick<StravaMeta, 'usage' | 'date' | 'status'> = {}
    let outcome: Outcome
    try {
      const response = await options.fetch(request.url, toInit(request, signal))
      head = readHead(response)
      outcome = await readAnswer(response, request.authority, head, signal, options)
    } catch (thrown) {
      outcome = { error: networkFailure(thrown, signal.aborted) }
    } finally {
      clear()
    }
    const receivedAt = options.now()
    const meta = { ...head, sentAt, receivedAt, durationMs: receivedAt - sentAt }
    return 'error' in outcome
      ? { ok: false, error: outcome.error, meta }
      : { ok: true, value: outcome.text, meta }
  }
  return (request) =>
    inSpan(`strava ${request.method}`, spanOf(request), async (span) => {
      const result = await send(request)
      describe(span, result)
      return result
    })
}

/** Attributes with only the host and the path template of the URL: the rest may contain ids and secrets. */
const spanOf = ({ method, url }: StravaRequest) => ({
  kind: SpanKind.CLIENT,
  attributes: {
    'http.request.method': method,
    'server.address': url.hostname,
    'url.template': url.pathname.replaceAll(/\/\d+(?=\/|$)/g, '/{id}'),
  },
})

function describe(span: Span, result: StravaResult<string>): void {
  const { status } = result.meta
  if (status !== undefined) span.setAttribute('http.response.status_code', status)
  if (!result.ok) span.setAttribute('error.type', result.error.kind)
}

/** Unlike `AbortSignal.timeout`, it can be cleared when the call ends, and keeps the process alive until then. */
function startDeadline(timeoutMs: number): { readonly signal: AbortSignal; readonly clear: () => void } {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), timeoutMs)
  return { signal: controller.signal, clear: () => clearTimeout(timer) }
}

function toInit({ method, authorization, form }: StravaRequest, signal: AbortSignal): RequestOptions {
  return {
    method,
    headers: {
      accept: 'application/json',
      'user-agent': 'ikigai',
      ...(authorization !== undefined && { authorization }),
      ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    ...(form && { body: new URLSearchParams(form).toString() }),
    signal,
  }
}

function readHead({ status, headers }: Answer): Pick<StravaMeta, 'usage' | 'date' | 'status'> {
  const usage = parseRateLimit(headers)
  const date = parseHttpDate(headers.get('date') ?? '')
  return { status, ...(usage && { usage }), ...(date !== undefined && { date }) }
}

async function readAnswer(
  response: Answer,
  authority: Authority,
  { usage, date }: Pick<StravaMeta, 'usage' | 'date'>,
  signal: AbortSignal,
  { maxBodyBytes, now }: TransportOptions,
): Promise<Outcome> {
  if (response.ok) return readSuccess(await readBody(response, maxBodyBytes, signal), response.status, signal)
  const { status, headers } = response
  const { text, failure } = await readBody(response, MAX_ERROR_BODY_BYTES, signal)
  if (failure !== undefined && !isClearWithoutBody(status))
    return { error: networkFailure(failure.thrown, signal.aborted) }
  const retryAfterMs = parseRetryAfter(headers.get('retry-after'), date ?? now())
  return { error: classifyError({ status, text, authority, usage, retryAfterMs }) }
}

function readSuccess({ text, tooLong, failure }: BodyText, status: number, signal: AbortSignal): Outcome {
  if (failure !== undefined) return { error: networkFailure(failure.thrown, signal.aborted) }
  if (tooLong)
    return { error: { kind: 'malformed', message: 'the body is longer than any answer of Strava' } }
  return text.trimStart().startsWith('<') ? { error: unavailable(status) } : { text }
}

/** Milliseconds from `now` of a `Retry-After` header, given as seconds or as an HTTP date. */
function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000
  const at = parseHttpDate(header)
  return at === undefined ? undefined : Math.max(0, at - now)
}

/** Epoch milliseconds of an HTTP date, which ends in GMT (RFC 9110). */
function parseHttpDate(header: string): number | undefined {
  const date = header.endsWith('GMT') ? Date.parse(header) : Number.NaN
  return Number.isNaN(date) ? undefined : date
}
