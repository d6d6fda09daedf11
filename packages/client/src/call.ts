import type { Fetch, FetchResponse, Signal } from './platform.ts'
import { type OtherProblem, problemOf } from './problem-body.ts'
import type { Tokens } from './tokens.ts'

/** Input of an operation: `path`, `query` and `body` as the API declares them. */
export type CallOptions<Data> = Omit<Data, 'url' | 'headers'> & {
  /** Ends the call. */
  readonly signal?: Signal
}

/** A successful answer. */
export interface Success<Data> {
  readonly data: Data
  readonly error?: undefined
  readonly response: FetchResponse
}

/** An answer that is a problem. */
export interface Failure<Problem> {
  readonly data?: undefined
  readonly error: Problem
  readonly response: FetchResponse
}

/** `{ data }`, or `{ error }`: a problem, identified by its `type`. */
export type Answer<Data, Problem> = Success<Data> | Failure<Problem | OtherProblem>

/** Calls an operation whose answers are JSON. */
export type Call = <Responses, Errors>(
  method: string,
  path: string,
  options?: Options,
) => Promise<Answer<Responses[keyof Responses], Errors[keyof Errors]>>

interface Options {
  readonly path?: object | undefined
  readonly query?: object | undefined
  readonly body?: unknown
  readonly signal?: Signal
}

/** A request to the API; `path` begins with `/`. */
export interface RequestOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: Signal
}

/** Sends a request with the access token, and once more with a new one after a 401. */
export type Send = (path: string, options?: RequestOptions) => Promise<FetchResponse>

export interface SendOptions {
  readonly baseUrl: string
  readonly tokens: Tokens
  readonly fetch: Fetch
}

export function sender({ baseUrl, tokens, fetch }: SendOptions): Send {
  const origin = baseUrl.replace(/\/$/, '')
  return async (path, options = {}) => {
    const send = (token: string | undefined) =>
      fetch(origin + path, {
        ...options,
        headers: { ...options.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      })
    const token = await tokens.current()
    const response = await send(token)
    if (response.status !== 401) return response
    const renewed = await tokens.after(token)
    if (renewed === undefined) return response
    await response.body?.cancel()
    return send(renewed)
  }
}

export function caller(send: Send): Call {
  return async <Responses, Errors>(method: string, template: string, options: Options = {}) => {
    const { path = {}, query = {}, body, signal } = options
    const response = await send(address(template, path, query), {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
    const text = await response.text()
    if (!response.ok) {
      return { error: problemOf<Errors[keyof Errors]>(response.status, text), response }
    }
    const data: Responses[keyof Responses] = JSON.parse(text === '' ? 'null' : text)
    return { data, response }
  }
}

function address(template: string, path: object, query: object): string {
  const values: ReadonlyMap<string, unknown> = new Map(Object.entries(path))
  const filled = template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(values.get(name))),
  )
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.append(name, String(value))
  }
  return search.size === 0 ? filled : `${filled}?${search}`
}
