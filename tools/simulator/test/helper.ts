import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { type Clock, type Simulator, type SimulatorOptions, startSimulator } from '../src/index.ts'

interface Teardown {
  teardown(action: () => unknown): void
}

export interface TestClock extends Clock {
  advance(milliseconds: number): void
}

/** A clock that stands still until it is moved; 10:07 UTC on a Monday. */
export function testClock(start = '2026-11-23T10:07:00Z'): TestClock {
  let now = Date.parse(start)
  return {
    now: () => now,
    advance(milliseconds) {
      now += milliseconds
    },
  }
}

/** A simulator that the test ends with. */
export async function simulator(t: Teardown, options: SimulatorOptions = {}): Promise<Simulator> {
  const started = await startSimulator({ clock: testClock(), ...options })
  t.teardown(() => started.close())
  return started
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  /** The body, parsed; undefined if it is no JSON. */
  body: unknown
}

/** Calls and reads the whole answer. Redirects are not followed. */
export async function call(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { redirect: 'manual', ...init })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: parseJson(text) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function bearer(accessToken: string): RequestInit {
  return { headers: { authorization: `Bearer ${accessToken}` } }
}

export function form(fields: Record<string, string>, headers: Record<string, string> = {}): RequestInit {
  return { method: 'POST', body: new URLSearchParams(fields), headers }
}

export function json(body: unknown, method = 'POST'): RequestInit {
  return { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
}

/** A member of an object of unknown shape, by path. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce(
    (current: unknown, key) =>
      typeof current === 'object' && current !== null ? Reflect.get(current, key) : undefined,
    value,
  )
}

/** The items of an array of unknown shape; none if it is no array. */
export function items(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/** A member as text, whatever it is. */
export function textAt(value: unknown, ...path: (string | number)[]): string {
  return String(at(value, ...path))
}

/** A recorded response below `fixtures`. */
export function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8'))
}

export interface Received {
  method: string
  url: URL
  headers: IncomingHttpHeaders
  body: string
}

/** A webhook receiver: echoes the handshake, and answers events as told (default: 200 at once). */
export interface Receiver {
  url: string
  received: Received[]
  /** Bodies of the events received, parsed. */
  events(): unknown[]
}

type Answering = (received: Received, response: ServerResponse, events: number) => void

export async function receiver(
  t: Teardown,
  answer: Answering = (_received, response) => response.end(),
): Promise<Receiver> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://receiver')
      const body = Buffer.concat(chunks).toString('utf8')
      const entry = { method: request.method ?? '', url, headers: request.headers, body }
      received.push(entry)
      if (entry.method === 'POST') return answer(entry, response, events().length)
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ 'hub.challenge': url.searchParams.get('hub.challenge') }))
    })
  })
  const events = () => received.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { url: `http://127.0.0.1:${port}/webhook`, received, events }
}
