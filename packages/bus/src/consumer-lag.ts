import type { Bus } from './connection.ts'
import { FETCH_CONSUMER, STRAVA_EVENTS_CONSUMER, STREAMS } from './subjects.ts'

/** How far a consumer of ours is behind its stream. */
export interface ConsumerLag {
  readonly stream: string
  readonly consumer: string
  /** Messages not delivered yet. */
  readonly pending: number
  /** Messages delivered and not acknowledged. */
  readonly unacknowledged: number
}

const CONSUMERS = [
  [STREAMS.fetch, FETCH_CONSUMER],
  [STREAMS.stravaEvents, STRAVA_EVENTS_CONSUMER],
] as const

/** The lag of the fetcher's consumers. @throws NatsError when NATS does not answer or one is missing */
export async function consumerLags(bus: Bus): Promise<ConsumerLag[]> {
  const jsm = await bus.nc.jetstreamManager()
  return Promise.all(
    CONSUMERS.map(async ([stream, consumer]) => {
      const { num_pending: pending, num_ack_pending: unacknowledged } = await jsm.consumers.info(
        stream,
        consumer,
      )
      return { stream, consumer, pending, unacknowledged }
    }),
  )
}
