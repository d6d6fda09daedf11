import { once } from 'node:events'
import { createServer } from 'node:http'
import type { TestContext } from '@ikigai/testkit'

/** Where a call is held: before Strava has it, or when Strava has answered. */
export type HeldAt = 'request' | 'answer'

/** A fault-injecting proxy between the replicas and Strava. */
export interface StravaProxy {
  /** A replica's `STRAVA_API_URL`. */
  urlOf(replica: string): string
  /** Holds the next call of any replica for good; called again, the one after it. `by`: the replica, once there is a call. */
  holdNext(at: HeldAt): { readonly by: string | undefined }
}

/** Opens the way to the Strava at `apiUrl`, until the test ends. It carries requests without a body. */
export async function startStravaProxy(t: TestContext, apiUrl: string): Promise<StravaProxy> {
  const holds: { readonly at: HeldAt; by: string | undefined }[] = []
  const isHeld = (at: HeldAt, replica: string) => {
    const [next] = holds
    if (next?.at !== at) return false
    next.by = replica
    holds.shift()
    return true
  }
  const server = createServer(async ({ url = '', headers }, response) => {
    const [, replica = '', path = ''] = /^\/([^/]+)(.*)$/.exec(url) ?? []
    if (isHeld('request', replica)) return
    const { authorization = '' } = headers
    const answer = await fetch(`${apiUrl}${path}`, { headers: { authorization } })
    const body = Buffer.from(await answer.arrayBuffer())
    if (isHeld('answer', replica)) return
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('listens on no port')
  return {
    urlOf: (replica) => `http://127.0.0.1:${address.port}/${replica}`,
    holdNext: (at) => {
      const held = { at, by: undefined }
      holds.push(held)
      return held
    },
  }
}
