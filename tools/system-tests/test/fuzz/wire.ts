import { connect } from 'node:net'

/** One HTTP request in raw bytes, so that what no client would send can be sent. */
export interface WireRequest {
  readonly method: string
  readonly path: string
  /** Lines as they are, without their ends. */
  readonly headers: readonly string[]
  readonly body: Uint8Array
}

/** A client that sends less than it announced closes the connection itself after this silence: ms. */
const PATIENCE_MS = 100

/** All that came back; empty when the server closed the connection without a word. */
export function exchange(port: number, request: WireRequest, patienceMs = PATIENCE_MS): Promise<string> {
  const { method, path, headers, body } = request
  const head = [`${method} ${path} HTTP/1.1`, 'host: ikigai.example', 'connection: close', ...headers]
  return send(port, Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body]), patienceMs)
}

/** Sends bytes and resolves with all that comes back. */
export function send(port: number, bytes: Uint8Array, patienceMs = PATIENCE_MS): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(bytes))
    socket.setEncoding('latin1')
    socket.setTimeout(patienceMs, () => socket.end())
    socket.on('data', (chunk: string) => {
      answer += chunk
    })
    // A server that has refused a request resets what it will not read.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve(answer))
  })
}

/** The statuses of all answers in what came back. */
export const statusesOf = (answer: string): number[] =>
  [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
