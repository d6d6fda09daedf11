import { Gauge, type Registry } from 'prom-client'
import type { Logger } from './logger.ts'

/** One sample of a gauge. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

/** A gauge computed from the state that is read at each scrape. */
export interface StateGauge<State> {
  readonly name: string
  readonly help: string
  readonly labelNames?: readonly string[]
  readonly samples: (state: State) => readonly Sample[]
}

/** Options of {@link registerStateGauges}. */
export interface StateGaugesOptions<State> {
  readonly registry: Registry
  readonly logger: Logger
  /** Reads the state, once for all gauges at each scrape. */
  readonly read: () => Promise<State>
  readonly gauges: readonly StateGauge<State>[]
}

/**
 * Registers gauges that are read at each scrape. If reading fails they have no samples, so that an old value is not taken
 * for a current one; the scrape itself succeeds, because the other metrics are needed most then.
 */
export function registerStateGauges<State>(options: StateGaugesOptions<State>): void {
  const { registry, logger, read, gauges } = options
  let reading: Promise<State | undefined> | undefined
  const readOnce = () => {
    reading ??= read()
      .catch((error: unknown) => {
        logger.warn({ err: error, metrics: gauges.map(({ name }) => name) }, 'metrics could not be read')
        return undefined
      })
      .finally(() => {
        reading = undefined
      })
    return reading
  }
  for (const { name, help, labelNames = [], samples } of gauges) {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        const state = await readOnce()
        this.reset()
        // A gauge without labels shows 0 after a reset.
        if (state === undefined && labelNames.length === 0) this.remove()
        if (state === undefined) return
        for (const { labels = {}, value } of samples(state)) this.set(labels, value)
      },
    })
  }
}
