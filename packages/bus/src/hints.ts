import type { Static, TSchema } from 'typebox'
import type { Bus } from './connection.ts'
import { matches } from './schema.ts'

/** A core-NATS message that nobody answers. */
export interface Hint<T extends TSchema> {
  readonly subject: string
  readonly body: T
}

/** Listening to hints. */
export interface Hearing {
  /** Ends after what has arrived. */
  stop(): Promise<void>
}

/**
 * Hears hints, one after the other in each process: each goes to one member of the queue group, or to everybody where no
 * group is named. What does not match its
 * schema is dropped; what the handler throws is logged.
 */
export function hear<T extends TSchema>(
  bus: Bus,
  from: Hint<T>,
  options: { readonly queue?: string; readonly handle: (body: Static<T>) => Promise<void> },
): Hearing {
  const subscription = bus.nc.subscribe(
    from.subject,
    options.queue === undefined ? {} : { queue: options.queue },
  )
  const loop = async () => {
    for await (const message of subscription) {
      try {
        const body: unknown = message.json()
        if (matches(from.body, body)) await options.handle(body)
      } catch (error) {
        bus.logger.warn({ err: error, subject: from.subject }, 'a hint could not be taken')
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
