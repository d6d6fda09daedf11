import { createServer } from 'node:http'
import type { Simulator } from '@ikigai/simulator'
import type { TestContext } from '@ikigai/testkit'

/** A proxy between Strava and ingest's webhook: the test decides which event arrives when, and how often. */
export interface Network {
  /** The events of this athlete that Strava has sent since the last call, as it wrote them. */
  taken(athleteId: string): Promise<string[]>
  /** Lets an event arrive. */
  deliver(body: string): Promise<void>
}

/** Leads Strava's subscription to the test, in place of ingest. */
export async function interceptWebhooks(
  t: TestContext,
  { admin }: Simulator,
  webhookUrl: string,
): Promise<Network> {
  const sent = new Map<string, string[]>()
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const owner = /"owner_id":\s*(\d+)/.exec(body)?.[1] ?? ''
      sent.set(owner, [...(sent.get(owner) ?? []), body])
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  admin.setSubscription({ callbackUrl: `http://127.0.0.1:${address.port}/` })
  return {
    taken: async (athleteId) => {
      await admin.idle()
      const bodies = sent.get(athleteId) ?? []
      sent.delete(athleteId)
      return bodies
    },
    deliver: async (body) => {
      const answer = await fetch(webhookUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      await answer.arrayBuffer()
      if (answer.status !== 200) throw new Error(`the webhook answered ${answer.status}`)
    },
  }
}
