import type { ActivityFilter, StravaId } from '@ikigai/contracts'
import { LRUCache } from 'lru-cache'
import type { Choice, NoChoice } from './activities.ts'
import { filterText } from './cursor.ts'
import type { Drawn } from './draw.ts'

/** Draws so many times. */
export type Draw = (
  athleteId: StravaId,
  filter: ActivityFilter,
  times: number,
) => Promise<readonly Drawn[] | NoChoice>

/** What the stock stands on. */
export interface RandomStockOptions {
  readonly draw: Draw
  readonly clock: { now(): number }
  /** Nothing is served that Strava has not confirmed for this long. */
  readonly cacheMaxAgeMs: number
  /** Whether changes are being told to {@link RandomStock.forget}; while they are not, nothing is drawn beforehand. */
  readonly isTold: () => boolean
}

/** Random activities, for who asks often drawn beforehand. */
export interface RandomStock {
  /** @throws InputError */
  take(athleteId: StravaId, filter: ActivityFilter): Promise<Choice>
  /** Something of this athlete's has changed: what was drawn before is not served any more. */
  forget(athleteId: StravaId): void
}

/** Athletes with a stock at once, and bytes of JSON in each: 16 MiB in all. */
const ATHLETES = 128
const BYTES_EACH = 131_072
const MOST_DRAWS = 128
/** From so many draws at once on, the next ones are made before the last one is served. */
const BUSY_DRAWS = 8
/** Should a change not be told, it shows after this long all the same. */
const KEPT_MS = 5_000

/**
 * Each draw serves one answer. Whoever asks once gets one draw; the more often he asks, the more are made with one query.
 * They were made independently of each other, so an answer is as random as if it had been drawn just now.
 */
export function createRandomStock(options: RandomStockOptions): RandomStock {
  const { draw, isTold } = options
  const stocks = new LRUCache<StravaId, Stock>({ max: ATHLETES })
  return {
    async take(athleteId, filter) {
      if (!isTold()) {
        const drawn = await draw(athleteId, filter, 1)
        return typeof drawn === 'string' ? drawn : (drawn[0] ?? 'none')
      }
      const key = filterText(filter)
      let stock = stocks.get(athleteId)
      if (stock?.key !== key) {
        stock = new Stock(key, (times) => draw(athleteId, filter, times), options)
        stocks.set(athleteId, stock)
      }
      return stock.take()
    },
    forget: (athleteId) => {
      stocks.delete(athleteId)
    },
  }
}

/** The draws of one athlete and one filter. */
class Stock {
  readonly key: string
  readonly #draw: (times: number) => ReturnType<Draw>
  readonly #options: Pick<RandomStockOptions, 'clock' | 'cacheMaxAgeMs'>
  #drawn: { readonly choice: Drawn; readonly until: number }[] = []
  #times = 1
  #drawing: Promise<NoChoice | undefined> | undefined

  constructor(
    key: string,
    drawTimes: (times: number) => ReturnType<Draw>,
    options: Pick<RandomStockOptions, 'clock' | 'cacheMaxAgeMs'>,
  ) {
    this.key = key
    this.#draw = drawTimes
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

  #next(): Drawn | undefined {
    const now = this.#options.clock.now()
    for (let next = this.#drawn.pop(); next !== undefined; next = this.#drawn.pop()) {
      if (next.until <= now) continue
      // Before the last one is gone, so that nobody waits. What goes wrong is met by whoever has to wait.
      const isBusy = this.#times >= BUSY_DRAWS
      if (isBusy && this.#drawn.length < this.#times / 4) this.#fill().catch(() => {})
      return next.choice
    }
    return undefined
  }

  /** Draws, once at a time. Returns why there was nothing to draw. */
  #fill(): Promise<NoChoice | undefined> {
    this.#drawing ??= this.#fillOnce().finally(() => {
      this.#drawing = undefined
    })
    return this.#drawing
  }

  async #fillOnce(): Promise<NoChoice | undefined> {
    const { clock, cacheMaxAgeMs } = this.#options
    const drawnAt = clock.now()
    const drawn = await this.#draw(this.#times)
    if (typeof drawn === 'string') return drawn
    const fresh = drawn.map((choice) => ({
      choice,
      until: Math.min(drawnAt + KEPT_MS, choice.confirmedAtMs + cacheMaxAgeMs),
    }))
    // Taken from the end: what was drawn first is served first.
    this.#drawn = [...fresh.reverse(), ...this.#drawn]
    const bytes = drawn.reduce((sum, { json }) => sum + json.length, 0) / drawn.length
    this.#times = Math.max(1, Math.min(this.#times * 2, MOST_DRAWS, Math.floor(BYTES_EACH / bytes)))
    return undefined
  }
}
