import { type Bus, isOutage, publish } from '@ikigai/bus'
import { type OutboxRow, orderingKeyOf } from './outbox-row.ts'

/** Result of {@link publishPipelined}. */
export interface PipelineResult {
  /** Ids of the published rows. */
  readonly sent: ReadonlySet<number>
  /** Set when NATS did not answer. */
  readonly outage: unknown
}

/**
 * Publishes messages without waiting for each PubAck. Every message names its predecessor, and the stream rejects it after
 * another one: so none is stored after a message that was lost or rejected, or after one of another client. Of each
 * ordering key, the messages up to the first failure count as published; the rest must be published again, in order.
 */
export async function publishPipelined(rows: readonly OutboxRow[], bus: Bus): Promise<PipelineResult> {
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
    if (result?.status === 'fulfilled' && !broken.has(orderingKeyOf(row))) sent.add(row.id)
    else broken.add(orderingKeyOf(row))
    if (result?.status === 'rejected' && isOutage(result.reason)) outage ??= result.reason
  }
  return { sent, outage }
}
