import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { PortInUseError } from './errors.ts'

const LOOPBACK = '127.0.0.1'

/** Below those that systems take for outgoing connections: one of these may take a port between its choice and its use. */
const [FIRST_PORT, LAST_PORT] = [10_000, 32_000]

/** A TCP port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT)
    if (await isPortFree(port)) return port
  }
}

/** Whether `port` of the loopback interface can be listened on. */
export async function isPortFree(port: number): Promise<boolean> {
  return await listenOnce(port).then(
    () => true,
    () => false,
  )
}

/** Throws `PortInUseError` when `port` is taken. */
export async function assertPortFree(server: string, port: number): Promise<void> {
  if (!(await isPortFree(port))) throw new PortInUseError(server, port)
}

function listenOnce(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen({ port, host: LOOPBACK, exclusive: true }, () => probe.close(() => resolve()))
  })
}
