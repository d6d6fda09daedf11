import { type Clock, type PeriodicTask, runPeriodically } from '@ikigai/chassis'
import { NatsError } from 'nats'
import type { Bus } from './connection.ts'
import { type StreamFill, streamFills } from './stream-fill.ts'
import { provision } from './streams.ts'

/** Maximum time until a deleted stream or consumer is created again. */
const CHECK_INTERVAL_MS = 10_000

/** Options of {@link keepProvisioned}. */
export interface KeepProvisionedOptions {
  readonly clock: Clock
  /** Called after each check with the streams' fill. */
  readonly onProvisioned: (streams: readonly StreamFill[]) => Promise<void>
}

/**
 * Provisions after each reconnect, because the server may have lost its store, and every ten seconds.
 * Logs a warning when streams have fewer replicas than they should, and again when that changes.
 */
export function keepProvisioned(bus: Bus, { clock, onProvisioned }: KeepProvisionedOptions): PeriodicTask {
  let reported = ''
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    await provision(bus)
    const streams = await streamFills(bus)
    const lacking = streams.filter(({ missingReplicas }) => missingReplicas > 0)
    const report = lacking.map(({ stream }) => stream).join()
    if (report !== reported && lacking.length > 0)
      bus.logger.warn(
        { streams: report },
        'streams are not on three servers yet: a server that is lost loses messages',
      )
    else if (report !== reported) bus.logger.info('every stream is on three servers')
    reported = report
    await onProvisioned(streams)
  }

  /** One run at a time; JetStream may not answer for a while after a reconnect. */
  function once(): Promise<void> {
    running ??= run().finally(() => {
      running = undefined
    })
    return running
  }

  bus.onReconnect(() => {
    once().catch((error: unknown) => {
      if (!bus.nc.isClosed())
        bus.logger.warn({ err: error }, 'JetStream is not provisioned yet; trying again')
    })
  })
  return runPeriodically(
    CHECK_INTERVAL_MS,
    async () => {
      try {
        await once()
      } catch (error) {
        if (!(error instanceof NatsError)) throw error
        bus.logger.warn({ err: error }, 'JetStream is not provisioned yet; trying again')
      }
    },
    clock,
    bus.logger,
  )
}
