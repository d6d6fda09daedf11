import { type Bus, streamFills } from '@ikigai/bus'
import { Gauge, type Registry } from '@ikigai/chassis'

/** From this share of its messages on, a stream that refuses new ones when full makes `/readyz` answer 503. */
export const NEARLY_FULL = 0.9

/** A stream will soon refuse new messages. */
export class StreamNearlyFullError extends Error {
  override readonly name = 'StreamNearlyFullError'
}

/** Reports how full each stream is as the metric `ikigai_stream_fill_ratio`. */
export function measureStreams(registry: Registry, bus: Bus): void {
  new Gauge({
    name: 'ikigai_stream_fill_ratio',
    help: 'Messages in a stream, as a share of those that it may hold',
    labelNames: ['stream'],
    registers: [registry],
    async collect() {
      for (const { stream, ratio } of await streamFills(bus)) this.set({ stream }, ratio)
    },
  })
}

/** Readiness check. @throws StreamNearlyFullError while a stream that refuses new messages is nearly full */
export async function checkStreams(bus: Bus): Promise<void> {
  const full = (await streamFills(bus)).filter(({ ratio, refusesNew }) => refusesNew && ratio >= NEARLY_FULL)
  if (full.length > 0)
    throw new StreamNearlyFullError(full.map(({ stream }) => `${stream} is nearly full`).join('; '))
}
