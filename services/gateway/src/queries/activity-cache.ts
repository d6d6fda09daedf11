import type { ActivityFilter, StravaId } from '@ikigai/contracts'
import { LRUCache } from 'lru-cache'
import type { FreshActivity } from './activities.ts'
import { ActivityIds } from './activity-ids.ts'
import { AthleteEntry } from './athlete-entry.ts'
import { CachedActivity, CachedText } from './cached-text.ts'
import { filterText } from './cursor.ts'
import type { FreshPage } from './list.ts'
import { type MaybePromise, then } from './maybe-promise.ts'

/** The queries whose results are cached. */
export interface CacheSource {
  /** Differs after every change to what the athlete's activities show. */
  version(athleteId: StravaId): Promise<string>
  /** @throws InputError */
  ids(
    athleteId: StravaId,
    filter: ActivityFilter,
  ): Promise<readonly { readonly id: StravaId; readonly confirmedAt: Date }[]>
  /** The visible ones of these activities. */
  activities(athleteId: StravaId, ids: readonly StravaId[]): Promise<readonly FreshActivity[]>
}

/** Dependencies and limits of an {@link ActivityCache}. */
export interface ActivityCacheOptions {
  readonly source: CacheSource
  readonly clock: { now(): number }
  /** Milliseconds after which an unconfirmed activity may not be served. */
  readonly cacheMaxAgeMs: number
  /** Memory for texts and ids; 0 turns the cache off. */
  readonly maxBytes: number
  /** Whether {@link ActivityCache.invalidate} is called on every change; while it is not, nothing is cached. */
  readonly invalidationIsLive: () => boolean
}

/** Maximum number of athletes with recent requests; the least recently active one is evicted. */
const MAX_ATHLETES = 10_000
/** Caching for an athlete starts with this request in a row; a pause of {@link FREQUENT_WINDOW_MS} ends a row. */
const FREQUENT_FROM = 3
const FREQUENT_WINDOW_MS = 60_000
/** Maximum staleness if an invalidation is lost: ms. For this time after a check of the version the database is not queried. */
const MAX_STALENESS_MS = 5_000
/** Once a check is this old (ms), a request starts the next one in the background, so that none has to wait. */
const CHECK_AHEAD_MS = 2_500
/** Maximum of activities, and of bytes, that one query reads ahead. Their number doubles with each query. */
const MAX_READ_AHEAD = 64
const MAX_READ_AHEAD_BYTES = 262_144
/** Share of the memory up to which activities of one athlete are read ahead. */
const MAX_SHARE = 0.25

/**
 * Cache of serialized answers for athletes with frequent requests. An answer is at most {@link MAX_STALENESS_MS} older than the
 * database: any event of an athlete invalidates their entry at once, and because an event may be lost or late, the version of the
 * athlete's rows is checked as well.
 */
export class ActivityCache {
  readonly #options: ActivityCacheOptions
  readonly #entries = new LRUCache<StravaId, AthleteEntry>({ max: MAX_ATHLETES })
  /** Keyed by the entry's serial number, so items of a deleted entry are never found, and are evicted in time. */
  readonly #items: LRUCache<string, CachedText | ActivityIds>

  constructor(options: ActivityCacheOptions) {
    this.#options = options
    this.#items = new LRUCache({
      maxSize: Math.max(1, options.maxBytes),
      sizeCalculation: ({ bytes }) => Math.max(1, bytes),
    })
  }

  /** Discards everything cached for an athlete whose data changed. */
  invalidate(athleteId: StravaId): void {
    this.#entries.delete(athleteId)
  }

  /**
   * The athlete's entry, checked; undefined when the question is to be answered from the database. Counts the question. Like
   * what follows, it is a promise only if something has to be read: most answers are in memory, and promises would cost more
   * than finding them does.
   */
  entryOf(athleteId: StravaId): AthleteEntry | undefined | Promise<AthleteEntry> {
    const { clock, maxBytes, invalidationIsLive } = this.#options
    if (maxBytes === 0) return undefined
    if (!invalidationIsLive()) {
      this.#entries.delete(athleteId)
      return undefined
    }
    const now = clock.now()
    let entry = this.#entries.get(athleteId)
    if (entry === undefined || isLater(now, entry.askedAt, FREQUENT_WINDOW_MS)) {
      entry = new AthleteEntry(athleteId)
      this.#entries.set(athleteId, entry)
    }
    entry.asked += 1
    entry.askedAt = now
    if (entry.asked < FREQUENT_FROM) return undefined
    if (isLater(now, entry.checkedAt, MAX_STALENESS_MS)) return this.#check(entry)
    // An error is reported by the check that a request awaits.
    if (isLater(now, entry.checkedAt, CHECK_AHEAD_MS)) this.#check(entry).catch(() => {})
    return entry
  }

  /**
   * A matching activity, uniformly random; undefined when none matches. What is cached has no influence on the draw.
   * @throws InputError
   */
  random(entry: AthleteEntry, filter: ActivityFilter): MaybePromise<CachedActivity | undefined> {
    return then(this.#idsOf(entry, filter), (ids) => this.#draw(entry, ids))
  }

  #draw(entry: AthleteEntry, ids: ActivityIds): MaybePromise<CachedActivity | undefined> {
    const id = ids.draw(this.#options.clock.now())
    if (id === undefined) return undefined
    return then(this.activity(entry, id, ids), (found) => {
      if (found !== undefined) return found
      ids.remove(id)
      return this.#draw(entry, ids)
    })
  }

  /** One activity. `ahead`: others that will be asked for. */
  activity(
    entry: AthleteEntry,
    id: StravaId,
    ahead?: ActivityIds,
  ): CachedActivity | Promise<CachedActivity | undefined> {
    const cached = this.#items.get(keyOf(entry, id))
    if (cached instanceof CachedActivity && cached.until > this.#options.clock.now()) return cached
    return entry.read(id, (ids) => this.#readActivities(entry, ids, ahead)).then((found) => found.get(id))
  }

  /**
   * A page as text. `key` says which.
   * @throws what `read` throws
   */
  page(entry: AthleteEntry, key: string, read: () => Promise<FreshPage<object>>): MaybePromise<CachedText> {
    const cached = this.#items.get(keyOf(entry, key))
    if (cached instanceof CachedText && cached.until > this.#options.clock.now()) return cached
    return this.#readPage(entry, key, read)
  }

  async #readPage(
    entry: AthleteEntry,
    key: string,
    read: () => Promise<FreshPage<object>>,
  ): Promise<CachedText> {
    const { page, confirmedAtMs } = await read()
    const text = new CachedText(JSON.stringify(page), confirmedAtMs + this.#options.cacheMaxAgeMs)
    this.#keep(entry, key, text)
    return text
  }

  /** Queries the version. If it has changed, the entry is replaced by an empty one. @returns the current entry */
  #check(entry: AthleteEntry): Promise<AthleteEntry> {
    entry.checking ??= this.#checkOnce(entry).finally(() => {
      entry.checking = undefined
    })
    return entry.checking
  }

  async #checkOnce(entry: AthleteEntry): Promise<AthleteEntry> {
    const startedAt = this.#options.clock.now()
    const version = await this.#options.source.version(entry.athleteId)
    const isSame = entry.version === undefined || entry.version === version
    const checked = isSame ? entry : entry.emptied()
    if (!isSame && this.#isCurrent(entry)) this.#entries.set(entry.athleteId, checked)
    checked.version = version
    checked.checkedAt = startedAt
    return checked
  }

  #idsOf(entry: AthleteEntry, filter: ActivityFilter): MaybePromise<ActivityIds> {
    const key = `ids ${filterText(filter)}`
    const cached = this.#items.get(keyOf(entry, key))
    if (cached instanceof ActivityIds) return cached
    return entry.once(key, async () => {
      const { source, cacheMaxAgeMs } = this.#options
      const ids = new ActivityIds(await source.ids(entry.athleteId, filter), cacheMaxAgeMs)
      this.#keep(entry, key, ids)
      return ids
    })
  }

  async #readActivities(
    entry: AthleteEntry,
    needed: ReadonlySet<StravaId>,
    ahead: ActivityIds | undefined,
  ): Promise<ReadonlyMap<StravaId, CachedActivity>> {
    const { source, cacheMaxAgeMs } = this.#options
    const ids = new Set([...needed, ...this.#aheadOf(entry, ahead)])
    const found = new Map<StravaId, CachedActivity>()
    for (const fresh of await source.activities(entry.athleteId, [...ids])) {
      const activity = new CachedActivity(fresh, cacheMaxAgeMs)
      found.set(activity.id, activity)
      entry.bytes += activity.bytes
      entry.count += 1
      this.#keep(entry, activity.id, activity)
    }
    return found
  }

  #aheadOf(entry: AthleteEntry, ids: ActivityIds | undefined): readonly StravaId[] {
    if (ids === undefined || entry.bytes > this.#options.maxBytes * MAX_SHARE) return []
    const meanBytes = entry.count === 0 ? 1 : entry.bytes / entry.count
    const count = Math.min(entry.readAhead, Math.floor(MAX_READ_AHEAD_BYTES / meanBytes))
    entry.readAhead = Math.min(entry.readAhead * 2, MAX_READ_AHEAD)
    const next = ids.slice(entry.readUpTo, count)
    entry.readUpTo += next.length
    return next.filter((id) => !this.#items.has(keyOf(entry, id)))
  }

  /** Caches an item, unless the entry was invalidated in the meantime. */
  #keep(entry: AthleteEntry, key: string, item: CachedText | ActivityIds): void {
    if (this.#isCurrent(entry)) this.#items.set(keyOf(entry, key), item)
  }

  #isCurrent(entry: AthleteEntry): boolean {
    return this.#entries.peek(entry.athleteId) === entry
  }
}

const keyOf = (entry: AthleteEntry, key: string) => `${entry.serial} ${key}`

/** Whether `ms` have passed since `before`, or the clock was set back. */
const isLater = (now: number, before: number, ms: number) => now - before >= ms || now < before
