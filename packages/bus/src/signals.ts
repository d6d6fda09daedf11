import { isValid } from '@ikigai/chassis/validation'
import type { Static, TSchema } from 'typebox'
import type { Bus } from './connection.ts'

/** A best-effort message over core NATS: no reply, no redelivery. */
export interface Signal<T extends TSchema> {
  readonly subject: string
  readonly body: T
}

/** Publishes a signal; it is lost when the connection is closing. */
export function publishSignal(bus: Pick<Bus, 'nc'>, subject: string, body: object = {}): void {
  if (!bus.nc.isClosed() && !bus.nc.isDraining()) bus.nc.publish(subject, JSON.stringify(body))
}

/** Calls `listener` for each message of a subject, whatever its content. */
export function onSignal(bus: Pick<Bus, 'nc'>, subject: string, listener: () => void): { stop(): void } {
  const subscription = bus.nc.subscribe(subject, { callback: () => listener() })
  return { stop: () => subscription.unsubscribe() }
}

/** A subscription to signals. */
export interface SignalSubscription {
  /** Unsubscribes and waits until every message received so far is handled. */
  stop(): Promise<void>
}

/**
 * Handles signals one after the other in each process. Each is delivered to one member of the queue group, or to every
 * subscriber without a group. A body that does not match its schema is dropped; an error of the handler is logged.
 */
export function subscribeSignals<T extends TSchema>(
  bus: Bus,
  from: Signal<T>,
  options: { readonly queue?: string; readonly handle: (body: Static<T>) => Promise<void> },
): SignalSubscription {
  const subscription = bus.nc.subscribe(
    from.subject,
    options.queue === undefined ? {} : { queue: options.queue },
  )
  const loop = async () => {
    for await (const message of subscription) {
      try {
        const body: unknown = message.json()
        if (isValid(from.body, body)) await options.handle(body)
      } catch (error) {
        bus.logger.warn({ err: error, subject: from.subject }, 'a signal could not be handled')
      }
    }
  }
  const looping = loop()
  return {
    stop: async () => {
      if (!subscription.isClosed()) await subscription.drain()
      await looping
    },
  }
}
