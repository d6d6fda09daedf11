import createFetchClient, { type Client as FetchClient } from 'openapi-fetch'
import { followImport, type LiveMessage } from './follow-import.ts'
import { ProblemError } from './problem.ts'
import type { paths } from './schema.ts'

/** Where the API is, and who asks. */
export interface ClientOptions {
  /** Origin of the gateway, such as `https://ikigai.example`; in a page of that origin `''` will do. */
  readonly baseUrl: string
  /** A session's token. Without one a browser sends its cookie, to its own origin alone. */
  readonly token?: string | undefined
  /** Instead of the platform's own. */
  readonly fetch?: typeof globalThis.fetch
}

/** What can be said about following. */
export interface FollowOptions {
  /** Ends it. */
  readonly signal?: AbortSignal
  /** The `id` of the last message that was read before, to hear first what was missed since. */
  readonly lastEventId?: string
}

/** Every operation of the API, by method and path, as openapi-fetch offers it; and its stream. */
export interface Client extends FetchClient<paths> {
  /**
   * What happens to the athlete's import and activities, while it happens: `GET /v1/import/events`. The first message is
   * the import's state. A stream that breaks off is taken up where it was; the loop ends with the signal.
   *
   * @throws ProblemError when the API refuses and no other try would help, such as after the session's end
   */
  followImport(options?: FollowOptions): AsyncGenerator<LiveMessage, void, undefined>
}

/** A client of the API. An answer is `{ data }` or, as a problem, `{ error }`; see {@link dataOf} for errors that are thrown. */
export function createClient({ baseUrl, token, fetch = globalThis.fetch }: ClientOptions): Client {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const client = createFetchClient<paths>({ baseUrl, headers, fetch: (request) => fetch(request) })
  return {
    ...client,
    followImport: (options = {}) =>
      followImport({ ...options, url: `${baseUrl.replace(/\/$/, '')}/v1/import/events`, headers, fetch }),
  }
}

/**
 * What was asked for: `await dataOf(client.GET('/v1/me'))`.
 *
 * @throws ProblemError when the answer is a problem
 */
export async function dataOf<T>(asked: Promise<Success<T> | Failure>): Promise<T> {
  const answer = await asked
  if (!isSuccess(answer)) throw new ProblemError(answer.response, answer.error)
  return answer.data
}

interface Success<T> {
  readonly data: T
  readonly error?: never
  readonly response: Response
}

interface Failure {
  readonly data?: never
  readonly error: unknown
  readonly response: Response
}

const isSuccess = <T>(answer: Success<T> | Failure): answer is Success<T> => answer.response.ok
