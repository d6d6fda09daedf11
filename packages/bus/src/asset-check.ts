import { type JetStreamManager, NatsError } from 'nats'
import type { Bus } from './connection.ts'

/** Streams and durable consumers that a service uses. */
export interface Assets {
  readonly streams: readonly string[]
  readonly consumers?: readonly { readonly stream: string; readonly consumer: string }[]
}

/** A stream or a consumer that a service uses is missing. */
export class AssetsMissingError extends Error {
  override readonly name = 'AssetsMissingError'
  /** The message, which may be shown to operators. */
  readonly sentence: string

  constructor(missing: readonly string[]) {
    const sentence = `JetStream has no ${missing.join(' and no ')}; the fetcher creates what is missing`
    super(sentence)
    this.sentence = sentence
  }
}

/** Readiness check. @throws AssetsMissingError, or NatsError when JetStream does not answer */
export async function checkAssets(bus: Bus, { streams, consumers = [] }: Assets): Promise<void> {
  const jsm = await bus.nc.jetstreamManager({ checkAPI: false })
  const found = await Promise.all([
    ...streams.map(async (stream) => ((await streamExists(jsm, stream)) ? undefined : `stream ${stream}`)),
    ...consumers.map(async ({ stream, consumer }) =>
      (await exists(jsm.consumers.info(stream, consumer))) ? undefined : `consumer ${consumer} of ${stream}`,
    ),
  ])
  const missing = found.filter((asset) => asset !== undefined)
  if (missing.length > 0) throw new AssetsMissingError(missing)
}

const streamExists = (jsm: JetStreamManager, stream: string) => exists(jsm.streams.info(stream))

async function exists(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked
    return true
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.code === 404) return false
    throw error
  }
}
