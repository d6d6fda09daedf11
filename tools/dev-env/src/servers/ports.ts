import { randomInt } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { createServer } from 'node:net'
import { PortInUseError } from './errors.ts'

const LOOPBACK = '127.0.0.1'

/** Below the range of outgoing connections, which could take a port between its choice and its use. */
const [FIRST_PORT, LAST_PORT] = [10_000, 32_000]

/** How long a port is reserved on this machine (ms): a program may start slowly before it listens. */
const RESERVATION_MS = 120_000

/** A free TCP port of the loopback interface; no other call, in any process, returns it within two minutes. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT)
    const reservation = await reserve(port)
    if (reservation === undefined) continue
    if (await isPortFree(port)) return port
    reservation.close()
  }
}

/** Reserves the port by binding the UDP port of the same number; undefined if another process has reserved it. */
function reserve(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.once('error', () => {
      socket.close()
      resolve(undefined)
    })
    socket.bind({ port, address: LOOPBACK, exclusive: true }, () => {
      const timer = setTimeout(() => socket.close(), RESERVATION_MS).unref()
      socket.unref().once('close', () => clearTimeout(timer))
      resolve(socket)
    })
  })
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
