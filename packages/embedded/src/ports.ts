import { createServer } from 'node:net'
import { PortInUseError } from './errors.ts'

const LOOPBACK = '127.0.0.1'

/** A TCP port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  return await listenOnce(0)
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

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      const address = probe.address()
      const bound = address !== null && typeof address === 'object' ? address.port : port
      probe.close(() => resolve(bound))
    })
  })
}
