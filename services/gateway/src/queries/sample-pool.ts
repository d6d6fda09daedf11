import type { ActivityFilter, StravaId } from '@ikigai/contracts'
import { LRUCache } from 'lru-cache'
import type { Choice, NoChoice } from './activities.ts'
import { filterText } from './cursor.ts'
import type { Sample } from './sample-activities.ts'

/** Samples `times` activities uniformly, with replacement. */
export type SampleActivities = (
  athleteId: StravaId,
  filter: ActivityFilter,
  times: number,
) => Promise<readonly Sample[] | NoChoice>

/** Dependencies and limits of the pool. */
export interface SamplePoolOptions {
  readonly sampleActivities: SampleActivities
  readonly clock: { now(): number }
  /** Milliseconds after which an unconfirmed activity may not be served. */
  readonly cacheMaxAgeMs: number
  /** Whether {@link SamplePool.invalidate} is called on every change; while it is not, nothing is prefetched. */
  readonly invalidationIsLive: () => boolean
}

/** Random activities, prefetched for athletes who request many. */
export interface SamplePool {
  /** @throws InputError */
  take(athleteId: StravaId, filter: ActivityFilter): Promise<Choice>
  /** Discards the prefetched samples of an athlete whose data changed. */
  invalidate(athleteId: StravaId): void
}

/** Athletes with prefetched samples, and bytes of JSON for each: 16 MiB in all. */
const MAX_ATHLETES = 128
const MAX_BYTES_PER_ATHLETE = 131_072
const MAX_SAMPLES = 128
/** Batch size from which the next batch is fetched before the pool is empty. */
const PREFETCH_FROM_SAMPLES = 8
/** Bounds staleness when an invalidation is lost. */
const SAMPLE_TTL_MS = 5_000

/**
 * Each sample is served once. The batch doubles with every query that an athlete causes. Samples are independent of each
 * other, so a prefetched one is as random as a new one.
 */
export function createSamplePool(options: SamplePoolOptions): SamplePool {
  const { sampleActivities, invalidationIsLive } = options
  const pools = new LRUCache<StravaId, AthletePool>({ max: MAX_ATHLETES })
  return {
    async take(athleteId, filter) {
      if (!invalidationIsLive()) {
        const drawn = await sampleActivities(athleteId, filter, 1)
        return typeof drawn === 'string' ? drawn : (drawn[0] ?? 'none')
      }
      const key = filterText(filter)
      let pool = pools.get(athleteId)
      if (pool?.key !== key) {
        pool = new AthletePool(key, (times) => sampleActivities(athleteId, filter, times), options)
        pools.set(athleteId, pool)
      }
      return pool.take()
    },
    invalidate: (athleteId) => {
      pools.delete(athleteId)
    },
  }
}

/** Prefetched samples of one athlete and one filter. */
class AthletePool {
  readonly key: string
  readonly #sampleActivities: (times: number) => ReturnType<SampleActivities>
  readonly #options: Pick<SamplePoolOptions, 'clock' | 'cacheMaxAgeMs'>
  #samples: { readonly choice: Sample; readonly until: number }[] = []
  #times = 1
  #filling: Promise<NoChoice | undefined> | undefined

  constructor(
    key: string,
    sampleTimes: (times: number) => ReturnType<SampleActivities>,
    options: Pick<SamplePoolOptions, 'clock' | 'cacheMaxAgeMs'>,
  ) {
    this.key = key
    this.#sampleActivities = sampleTimes
    this.#options = options
  }

  async take(): Promise<Choice> {
    for (;;) {
      const choice = this.#next()
      if (choice !== undefined) return choice
      const nothing = await this.#fill()
      if (nothing !== undefined) return nothing
    }
  }

  #next(): Sample | undefined {
    const now = this.#options.clock.now()
    for (let next = this.#samples.pop(); next !== undefined; next = this.#samples.pop()) {
      if (next.until <= now) continue
      // Ahead of demand, so that no request waits. An error is reported by the next fill that a request awaits.
      const isBusy = this.#times >= PREFETCH_FROM_SAMPLES
      if (isBusy && this.#samples.length < this.#times / 4) this.#fill().catch(() => {})
      return next.choice
    }
    return undefined
  }

  /** Fetches a batch, one at a time. Returns the reason if there is none. */
  #fill(): Promise<NoChoice | undefined> {
    this.#filling ??= this.#fillOnce().finally(() => {
      this.#filling = undefined
    })
    return this.#filling
  }

  async #fillOnce(): Promise<NoChoice | undefined> {
    const { clock, cacheMaxAgeMs } = this.#options
    const sampledAt = clock.now()
    const drawn = await this.#sampleActivities(this.#times)
    if (typeof drawn === 'string') return drawn
    const fresh = drawn.map((choice) => ({
      choice,
      until: Math.min(sampledAt + SAMPLE_TTL_MS, choice.confirmedAtMs + cacheMaxAgeMs),
    }))
    // Samples are popped from the end: oldest first.
    this.#samples = [...fresh.reverse(), ...this.#samples]
    const bytes = drawn.reduce((sum, { json }) => sum + json.length, 0) / drawn.length
    this.#times = Math.max(
      1,
      Math.min(this.#times * 2, MAX_SAMPLES, Math.floor(MAX_BYTES_PER_ATHLETE / bytes)),
    )
    return undefined
  }
}
