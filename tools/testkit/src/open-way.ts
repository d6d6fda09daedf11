import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { TestContext } from './test-context.ts'

/** A proxy before a TCP server that a test can interrupt. */
export interface Way {
  /** The server's URL with the proxy's host and port. */
  readonly url: string
  /** Drops all connections, and refuses new ones. */
  cut(): void
  /** Stops forwarding without closing connections: as with a stopped server, or a network that loses everything. */
  silence(): void
  /** Forwards new connections again. */
  mend(): void
}

/** Opens a proxy to the server of `url`; it is closed at the end of the test. */
export async function openWay(t: TestContext, url: string): Promise<Way> {
  const { port, hostname } = new URL(url)
  const open = new Set<Socket>()
  let state: 'open' | 'cut' | 'silent' = 'open'
  const keep = (socket: Socket) => {
    open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
  }
  const server = createServer((client) => {
    keep(client)
    if (state === 'cut') client.destroy()
    if (state !== 'open') {
      client.pause()
      return
    }
    const upstream = connect(Number(port), hostname)
    keep(upstream)
    client.pipe(upstream).pipe(client)
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const way = new URL(url)
  way.host = `127.0.0.1:${address.port}`
  const enter = (next: typeof state) => {
    state = next
    for (const socket of open) {
      if (next !== 'silent') socket.destroy()
      else socket.unpipe().pause()
    }
  }
  t.teardown(() => {
    enter('cut')
    server.close()
  })
  return { url: way.href, cut: () => enter('cut'), silence: () => enter('silent'), mend: () => enter('open') }
}
