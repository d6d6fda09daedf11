import { type Cookies, cookieJar } from './cookie-jar.ts'

export type { Cookies } from './cookie-jar.ts'

/** The response to a request, after redirects. */
export interface Page {
  readonly url: string
  readonly status: number
  readonly headers: Headers
  readonly body: string
  /** The requested addresses, in order; the last one is `url`. */
  readonly hops: readonly string[]
  json(): unknown
}

export interface RequestOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Fields of a form are sent URL-encoded. */
  readonly form?: Readonly<Record<string, string>>
  readonly body?: string
  /** `false`: redirects are not followed. */
  readonly follow?: boolean
}

export interface Browser {
  get(url: string | URL, options?: RequestOptions): Promise<Page>
  post(url: string | URL, options?: RequestOptions): Promise<Page>
  request(url: string | URL, options: RequestOptions): Promise<Page>
  readonly cookies: Cookies
}

const MAX_HOPS = 20

/**
 * An HTTP client for sign-in flows: it keeps cookies per host (regardless of the port, as browsers do), and
 * follows redirects over several hosts one by one.
 */
export function browser(): Browser {
  const cookies = cookieJar()

  async function request(url: string | URL, options: RequestOptions): Promise<Page> {
    let target = new URL(url)
    let hop = toInit(options)
    const hops: string[] = []
    while (hops.length < MAX_HOPS) {
      hops.push(target.href)
      const response = await send(target, hop)
      const location = response.headers.get('location')
      if (options.follow === false || location === null || response.status < 300 || response.status > 399) {
        return await toPage(target, response, hops)
      }
      await response.body?.cancel()
      hop = afterRedirect(response.status, hop)
      target = new URL(location, target)
    }
    throw new Error(`More than ${MAX_HOPS} redirects: ${hops.join(' → ')}`)
  }

  async function send(target: URL, init: Hop): Promise<Response> {
    const headers = new Headers(init.headers)
    const cookie = cookies.header(target)
    if (cookie !== '') headers.set('cookie', cookie)
    const response = await fetch(target, { ...init, headers, redirect: 'manual' })
    cookies.store(target, response.headers.getSetCookie())
    return response
  }

  return {
    request,
    get: (url, options = {}) => request(url, options),
    post: (url, options = {}) => request(url, { method: 'POST', ...options }),
    cookies,
  }
}

interface Hop {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

function toInit(options: RequestOptions): Hop {
  const headers = { ...options.headers }
  if (options.form === undefined)
    return { method: options.method ?? 'GET', headers, body: options.body ?? null }
  const body = new URLSearchParams(options.form).toString()
  return {
    method: options.method ?? 'POST',
    headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
    body,
  }
}

/** 307 and 308 repeat the request; the others lead to a GET without its body. */
function afterRedirect(status: number, { method, headers, body }: Hop): Hop {
  if (status === 307 || status === 308) return { method, headers, body }
  const kept = Object.entries(headers).filter(([name]) => !/^(authorization|content-)/i.test(name))
  return { method: method === 'HEAD' ? 'HEAD' : 'GET', headers: Object.fromEntries(kept), body: null }
}

async function toPage(target: URL, response: Response, hops: readonly string[]): Promise<Page> {
  const body = await response.text()
  return {
    url: target.href,
    status: response.status,
    headers: response.headers,
    body,
    hops,
    json: (): unknown => JSON.parse(body),
  }
}
