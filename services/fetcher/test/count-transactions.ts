import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { TestContext } from '@ikigai/testkit'

/** A proxy in front of PostgreSQL that counts transactions. */
export interface CountedPostgres {
  readonly url: string
  /** Number of transactions that have ended, single statements included. */
  transactions(): number
}

/** After each round trip PostgreSQL reports whether a transaction is open (ReadyForQuery: protocol 3, "Message Formats"). */
const READY_FOR_QUERY = 0x5a
const IDLE = 0x49
const HEADER_BYTES = 5

/** Starts a proxy to the PostgreSQL at `url`; it is closed when the test ends. */
export async function countTransactions(t: TestContext, url: string): Promise<CountedPostgres> {
  const { hostname, port } = new URL(url)
  let transactions = 0
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    let left = Buffer.alloc(0)
    upstream.on('data', (chunk) => {
      left = Buffer.concat([left, chunk])
      while (left.length > HEADER_BYTES) {
        const end = 1 + left.readUInt32BE(1)
        if (left.length < end) break
        if (left[0] === READY_FOR_QUERY && left[HEADER_BYTES] === IDLE) transactions += 1
        left = left.subarray(end)
      }
    })
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream])
      socket.on('error', () => [client, upstream].map((each) => each.destroy()))
    t.teardown(() => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('listens on no port')
  const proxy = new URL(url)
  proxy.hostname = '127.0.0.1'
  proxy.port = String(address.port)
  return { url: proxy.href, transactions: () => transactions }
}
