import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { Socket } from 'node:net'
import { pipeline, type Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip } from 'node:zlib'

/** A request, in the terms of the standard's `fetch`. */
export interface RequestOptions {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal: AbortSignal
}

/** An answer whose body is yet to be read, decompressed; a `Response` is one. */
export interface Answer {
  readonly ok: boolean
  readonly status: number
  readonly headers: Pick<Headers, 'get'>
  readonly body: AsyncIterable<Uint8Array> | null
}

/** Sends a request; rejects if there is no answer. Follows no redirects. */
export type Fetch = (url: URL, options: RequestOptions) => Promise<Answer>

/** Time-out of connecting, TLS included: ms. A request that was never sent must not count as one that Strava may have heard. */
const CONNECT_TIMEOUT_MS = 10_000

/** Idle connections are closed after this time (ms), before the server does it: a request sent meanwhile would get no answer. */
const IDLE_TIMEOUT_MS = 4_000

const POOL = { keepAlive: true, timeout: IDLE_TIMEOUT_MS }
const clients = {
  'http:': { request: requestHttp, agent: new HttpAgent(POOL) },
  'https:': { request: requestHttps, agent: new HttpsAgent(POOL) },
}

/** {@link Fetch} with Node's HTTP client, which takes less processor time than its `fetch`. */
export const httpFetch: Fetch = (url, { method, headers, body, signal }) =>
  new Promise((resolve, reject) => {
    const client = clients[url.protocol === 'https:' ? 'https:' : 'http:']
    const options = {
      method,
      headers: { ...headers, 'accept-encoding': 'br, gzip' },
      agent: client.agent,
      signal,
    }
    const request = client.request(url, options, (message) => resolve(answerOf(message)))
    request.on('error', reject)
    request.once('socket', (socket) => {
      if (socket.connecting) limitConnecting(socket, url)
    })
    request.end(body)
  })

function limitConnecting(socket: Socket, { protocol }: URL): void {
  const timer = setTimeout(() => {
    const failure = new Error('the connection was not established in time')
    socket.destroy(Object.assign(failure, { code: 'ETIMEDOUT', syscall: 'connect' }))
  }, CONNECT_TIMEOUT_MS)
  const clear = () => clearTimeout(timer)
  socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', clear)
  socket.once('close', clear)
}

function answerOf(message: IncomingMessage): Answer {
  const { statusCode: status = 0, headers } = message
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: { get: (name) => headers[name.toLowerCase()]?.toString() ?? null },
    body: decompressed(message),
  }
}

function decompressed(message: IncomingMessage): Readable {
  const encoding = message.headers['content-encoding']
  if (encoding !== 'br' && encoding !== 'gzip') return message
  const decoder = encoding === 'br' ? createBrotliDecompress() : createGunzip()
  // A failure of either reaches the reader through the decoder.
  return pipeline(message, decoder, () => {})
}
