import { createInbox, ErrorCode, type Msg, type MsgHdrs, type NatsConnection, NatsError } from 'nats'

/** JetStream's acknowledgement of a stored message. */
export interface PubAck {
  readonly duplicate: boolean
}

/** Publishes and awaits JetStream's acknowledgement. */
export interface PubAckMux {
  publish(
    subject: string,
    body: string | Uint8Array,
    options: { readonly headers: MsgHdrs; readonly timeoutMs: number },
  ): Promise<PubAck>
}

interface Waiting {
  readonly resolve: (ack: PubAck) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

interface Unsent {
  readonly subject: string
  readonly body: string | Uint8Array
  readonly headers: MsgHdrs
  readonly token: string
}

/** Step of timer durations (ms): Node keeps a list for each duration, so few different ones are cheap. */
const TIMER_STEP_MS = 50

const ofConnection = new WeakMap<NatsConnection, PubAckMux>()

/** The acknowledgements of a connection: all arrive at one inbox. */
export function pubAckMuxOf(nc: NatsConnection, inboxPrefix: string): PubAckMux {
  const known = ofConnection.get(nc)
  if (known !== undefined) return known
  const made = createPubAckMux(nc, inboxPrefix)
  ofConnection.set(nc, made)
  return made
}

/**
 * Replaces the library's own publish, which creates an error with a stack for each message in case it fails, and takes twice
 * as long.
 */
function createPubAckMux(nc: NatsConnection, inboxPrefix: string): PubAckMux {
  const inbox = createInbox(inboxPrefix)
  const waiting = new Map<string, Waiting>()
  const unsent: Unsent[] = []
  let count = 0

  function take(token: string): Waiting | undefined {
    const found = waiting.get(token)
    waiting.delete(token)
    if (found !== undefined) clearTimeout(found.timer)
    return found
  }

  /** Publishes all messages since the last call with one write: the library writes after each of Node's callbacks. */
  function sendAll(): void {
    for (const { subject, body, headers, token } of unsent.splice(0)) {
      try {
        nc.publish(subject, body, { reply: `${inbox}.${token}`, headers })
      } catch (error) {
        take(token)?.reject(error instanceof Error ? error : new Error(String(error)))
      }
    }
  }

  nc.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error !== null) return
      const answered = take(message.subject.slice(inbox.length + 1))
      if (answered === undefined) return
      const ack = readAck(message)
      if (ack instanceof Error) answered.reject(ack)
      else answered.resolve(ack)
    },
  })
  void nc.closed().then(() => {
    for (const token of waiting.keys()) take(token)?.reject(failure(ErrorCode.ConnectionClosed))
  })

  return {
    publish: (subject, body, { headers, timeoutMs }) =>
      new Promise((resolve, reject) => {
        count += 1
        const token = count.toString(36)
        const dueMs = Math.ceil(timeoutMs / TIMER_STEP_MS) * TIMER_STEP_MS
        const timer = setTimeout(() => take(token)?.reject(failure(ErrorCode.Timeout)), dueMs)
        waiting.set(token, { resolve, reject, timer })
        if (unsent.length === 0) setImmediate(sendAll)
        unsent.push({ subject, body, headers, token })
      }),
  }
}

const failure = (code: ErrorCode) => new NatsError(code, code)

function readAck(message: Msg): PubAck | Error {
  if (message.data.length === 0 && message.headers?.code === 503) return failure(ErrorCode.NoResponders)
  const answer = parse(message)
  if (answer?.error !== undefined) {
    const { description, code, err_code } = answer.error
    const error = new NatsError(description, String(code))
    error.api_error = { description, code, err_code }
    return error
  }
  if (answer?.stream === undefined) return failure(ErrorCode.JetStreamInvalidAck)
  return { duplicate: answer.duplicate === true }
}

interface Answer {
  readonly stream?: string
  readonly duplicate?: boolean
  readonly error?: { readonly description: string; readonly code: number; readonly err_code: number }
}

/** PubAcks are JSON written by nats-server. */
function parse(message: Msg): Answer | undefined {
  try {
    return message.json<Answer>()
  } catch {
    return undefined
  }
}
