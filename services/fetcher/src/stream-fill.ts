import {
  type Bus,
  checkAssets,
  FETCH_CONSUMER,
  STRAVA_EVENTS_CONSUMER,
  STREAMS,
  streamFills,
} from '@ikigai/bus'

/** Share of its maximum size from which on a stream that rejects messages when full makes `/readyz` answer 503. */
export const NEARLY_FULL = 0.9

/** A stream will soon reject new messages. */
export class StreamNearlyFullError extends Error {
  override readonly name = 'StreamNearlyFullError'
  /** The message, which may be shown to operators. */
  readonly sentence: string

  constructor(streams: readonly string[]) {
    const sentence = streams.map((stream) => `${stream} is nearly full`).join('; ')
    super(sentence)
    this.sentence = sentence
  }
}

const ASSETS = {
  streams: Object.values(STREAMS),
  consumers: [
    { stream: STREAMS.fetch, consumer: FETCH_CONSUMER },
    { stream: STREAMS.stravaEvents, consumer: STRAVA_EVENTS_CONSUMER },
  ],
}

/**
 * Readiness check.
 *
 * @throws AssetsMissingError without a stream or consumer, StreamNearlyFullError while a stream that refuses new messages is
 *   nearly full
 */
export async function checkStreams(bus: Bus): Promise<void> {
  await checkAssets(bus, ASSETS)
  const full = (await streamFills(bus)).filter(({ ratio, refusesNew }) => refusesNew && ratio >= NEARLY_FULL)
  if (full.length > 0) throw new StreamNearlyFullError(full.map(({ stream }) => stream))
}
