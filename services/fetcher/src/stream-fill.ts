import { type Bus, streamFills } from '@ikigai/bus'

/** Share of its maximum size from which on a stream that rejects messages when full makes `/readyz` answer 503. */
export const NEARLY_FULL = 0.9

/** A stream will soon reject new messages. */
export class StreamNearlyFullError extends Error {
  override readonly name = 'StreamNearlyFullError'
}

/** Readiness check. @throws StreamNearlyFullError while a stream that refuses new messages is nearly full */
export async function checkStreams(bus: Bus): Promise<void> {
  const full = (await streamFills(bus)).filter(({ ratio, refusesNew }) => refusesNew && ratio >= NEARLY_FULL)
  if (full.length > 0)
    throw new StreamNearlyFullError(full.map(({ stream }) => `${stream} is nearly full`).join('; '))
}
