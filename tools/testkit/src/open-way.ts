import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { TestContext } from './test-context.ts'

/** A way to a TCP server that a test can interrupt. */
export interface Way {
  /** The server's URL with this way's host and port. */
  readonly url: string
  /** Who is connected is dropped; nobody gets through. */
  cut(): void
  /** Nothing moves any more, and nobody is told: as with a server that is stopped, or a network that loses everything. */
  silence(): void
  /** As in the beginning, for new connections. */
  mend(): void
}

/** Opens a way to the server of `url`; it is closed with the test. */
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
