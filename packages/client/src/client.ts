import { type Answer, caller, type Failure, type Send, sender } from './call.ts'
import { exportLines } from './export-lines.ts'
import { followImport } from './follow-import.ts'
import { operationsOf } from './operations.ts'
import type { Fetch, Signal } from './platform.ts'
import { type AnyProblem, ProblemError } from './problem.ts'
import type { LiveMessage } from './schema.ts'
import { type GetToken, Tokens } from './tokens.ts'

/** The address of the API, and the credentials. */
export interface ClientOptions {
  /** Origin of the gateway, such as `https://ikigai.example`; in a page of that origin `''` will do. */
  readonly baseUrl: string
  /** An access token. Without one, and without `getToken`, a browser sends its cookie, to its own origin alone. */
  readonly token?: string | undefined
  /** Called when there is no token, and once after a 401, after which the request is sent again. */
  readonly getToken?: GetToken | undefined
  /** Instead of the platform's own. */
  readonly fetch?: Fetch | undefined
}

/** How a stream is read. */
export interface StreamOptions {
  /** Ends it. */
  readonly signal?: Signal
}

/** How the import is followed. */
export interface FollowOptions extends StreamOptions {
  /** The `id` of the last message that was read before: the ones missed since come first. */
  readonly lastEventId?: string
}

/** Every operation of the API. */
export interface Client extends ReturnType<typeof operationsOf> {
  /**
   * Changes of the athlete's import and activities as they happen: `GET /v1/import/events`. The first message is the
   * import's state. A broken stream is resumed where it was; the loop ends with the signal.
   *
   * @throws ProblemError when the API refuses and no other try would help, such as after the session's end
   */
  followImport(options?: FollowOptions): AsyncGenerator<LiveMessage, void, undefined>
  /**
   * Everything stored about the athlete: `GET /v1/me/export`. Each line is JSON of the type `ExportLine`, as text: numbers
   * in Strava's own documents are beyond what JavaScript's numbers hold.
   *
   * @throws ProblemError when the API refuses
   */
  exportMe(options?: StreamOptions): AsyncGenerator<string, void, undefined>
  /** Any request to the API, with the token as above; its raw answer. `path` begins with `/`. */
  readonly fetch: Send
}

/** A client of the API. An answer is `{ data }` or, as a problem, `{ error }`; {@link dataOf} throws problems instead. */
export function createClient(options: ClientOptions): Client {
  const { baseUrl, token, getToken, fetch = globalThis.fetch } = options
  const send = sender({
    baseUrl,
    tokens: new Tokens(token, getToken),
    fetch: (url, init) => fetch(url, init),
  })
  return {
    ...operationsOf(caller(send)),
    followImport: (options = {}) => followImport(send, options),
    exportMe: (options = {}) => exportLines(send, options),
    fetch: send,
  }
}

/**
 * The data of an answer: `await dataOf(client.getMe())`.
 *
 * @throws ProblemError when the answer is a problem
 */
export async function dataOf<T>(asked: Promise<Answer<T, AnyProblem>>): Promise<T> {
  const answer = await asked
  if (isFailure(answer)) throw new ProblemError(answer.response, answer.error)
  return answer.data
}

const isFailure = <T>(answer: Answer<T, AnyProblem>): answer is Failure<AnyProblem> =>
  answer.error !== undefined
