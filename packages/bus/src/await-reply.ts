import { isValid } from '@ikigai/chassis/validation'
import { createInbox } from 'nats'
import type { Static, TSchema } from 'typebox'
import type { Bus } from './connection.ts'

/** One expected message. */
export interface PendingReply<T> {
  /** Its subject. */
  readonly inbox: string
  /** The message; undefined if none arrived in time or it does not match the schema. */
  readonly received: Promise<T | undefined>
  /** Stops waiting; `received` resolves with undefined. */
  cancel(): void
}

/** Subscribes to a new inbox of this connection for one message. No message sent after this returns is missed. */
export function awaitReply<T extends TSchema>(
  bus: Bus,
  schema: T,
  timeoutMs: number,
): PendingReply<Static<T>> {
  const inbox = createInbox(bus.inboxPrefix)
  let resolve: (value: Static<T> | undefined) => void = () => {}
  const received = new Promise<Static<T> | undefined>((settle) => {
    resolve = settle
  })
  const subscription = bus.nc.subscribe(inbox, {
    max: 1,
    callback: (error, message) => {
      if (error !== null) return resolve(undefined)
      const body = readJson(message.data)
      resolve(isValid(schema, body) ? body : undefined)
    },
  })
  const timer = setTimeout(() => cancel(), timeoutMs)
  const cancel = () => {
    clearTimeout(timer)
    subscription.unsubscribe()
    resolve(undefined)
  }
  void received.then(() => clearTimeout(timer))
  return { inbox, received, cancel }
}

function readJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(data))
  } catch {
    return undefined
  }
}
