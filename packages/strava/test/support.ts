import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import {
  createStravaClient,
  type StravaClient,
  type StravaClientOptions,
  type StravaResult,
} from '../src/index.ts'

interface Teardown {
  teardown(action: () => unknown): void
}

/** A request as the server saw it. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
  readonly body: string
}

export interface LocalServer {
  readonly url: string
  readonly requests: SeenRequest[]
}

/** Values that must not be in any error; the tests send them. */
export const SECRETS = {
  clientSecret: 'client-secret-5d41',
  accessToken: 'access-token-7c4a',
  refreshToken: 'refresh-token-8f14',
}

/** A server on a free port that answers all requests by `answer`; its connections are cut when the test ends. */
export async function localServer(
  t: Teardown,
  answer: (response: ServerResponse, request: IncomingMessage) => void,
): Promise<LocalServer> {
  const requests: SeenRequest[] = []
  const server = createServer(async (request, response) => {
    const { method = '', url = '' } = request
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    requests.push({ method, url, authorization: request.headers.authorization, body })
    answer(response, request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return { url: `http://127.0.0.1:${address.port}`, requests }
}

/** A client of whatever listens at `url`. */
export function clientOf(url: string, options: Partial<StravaClientOptions> = {}): StravaClient {
  return createStravaClient({
    apiUrl: `${url}/api/v3`,
    oauthUrl: `${url}/oauth`,
    revokePath: 'revoke',
    clientId: '12345',
    clientSecret: SECRETS.clientSecret,
    ...options,
  })
}

/** A server that gives every request the same answer, and a client of it. */
export async function answering(
  t: Teardown,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
  options: Partial<StravaClientOptions> = {},
): Promise<{ client: StravaClient; requests: SeenRequest[] }> {
  const { url, requests } = await localServer(t, (response) => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers }).end(body)
  })
  return { client: clientOf(url, options), requests }
}

/** The value of a call that must succeed. */
export function succeeded<T>(result: StravaResult<T>): T {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

/** The text of a recorded response below `fixtures`. */
export function fixtureText(name: string): string {
  return readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8')
}

/** The names of all fixtures in a folder. */
export function fixtureNames(folder: string): string[] {
  return readdirSync(new URL(`fixtures/${folder}`, import.meta.url)).map(
    (file) => `${folder}/${file.replace(/\.json$/, '')}`,
  )
}

export interface RecordedAnswer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
}

const CONNECTION_HEADERS = /^(content-length|content-encoding|transfer-encoding|connection|status)$/

/** A recorded answer; a fixture that is a bare body counts as a 200. Numbers beyond 2^53 would be rounded here. */
export function recorded(name: string): RecordedAnswer {
  const text = fixtureText(name)
  const fixture: unknown = JSON.parse(text)
  if (typeof fixture !== 'object' || fixture === null || !('status' in fixture && 'body' in fixture))
    return { status: 200, headers: {}, body: text }
  const headers =
    'headers' in fixture && typeof fixture.headers === 'object' ? Object.entries(fixture.headers ?? {}) : []
  return {
    status: Number(fixture.status),
    headers: Object.fromEntries(
      headers
        .filter(([header]) => !CONNECTION_HEADERS.test(header))
        .map(([header, value]) => [header, String(value)]),
    ),
    body: fixture.body === null ? '' : JSON.stringify(fixture.body),
  }
}

/** `answering` with a recorded answer. */
export function replaying(t: Teardown, name: string, options: Partial<StravaClientOptions> = {}) {
  const { status, headers, body } = recorded(name)
  return answering(t, status, body, headers, options)
}
