import { type Bus, isOutage, publish } from '@ikigai/bus'
import { lineOf, type OutboxRow } from './outbox-row.ts'

/** How far a chain came. */
export interface Chain {
  /** Ids of the rows that are sent. */
  readonly sent: ReadonlySet<number>
  /** Set when NATS did not answer. */
  readonly outage: unknown
}

/**
 * Sends messages without waiting for each to be acknowledged. Every one names the one before it, and the stream refuses
 * what does not follow on it: after one that is lost, or refused, or after somebody else's, none is stored. Of a line
 * it is sent what was acknowledged up to the first that was not: the rest is to be sent again, in order.
 */
export async function sendChain(rows: readonly OutboxRow[], bus: Bus): Promise<Chain> {
  const results = await Promise.allSettled(
    rows.map(({ subject, messageId, headers, body }, index) =>
      publish(bus, { subject, messageId, headers, body, after: rows[index - 1]?.messageId }),
    ),
  )
  const sent = new Set<number>()
  const broken = new Set<string>()
  let outage: unknown
  for (const [index, row] of rows.entries()) {
    const result = results[index]
    if (result?.status === 'fulfilled' && !broken.has(lineOf(row))) sent.add(row.id)
    else broken.add(lineOf(row))
    if (result?.status === 'rejected' && isOutage(result.reason)) outage ??= result.reason
  }
  return { sent, outage }
}
