import { createRandom, type Random } from '../random.ts'
import { activityIdAt } from './activity-ids.ts'
import { pickPlace } from './places.ts'
import type { Visibility } from './schemas.ts'
import { utcOffsetSeconds } from './time-zone.ts'

const ACTIVITIES_PER_YEAR = 250
const SECONDS_PER_DAY = 86_400
const SECONDS_PER_YEAR = 365.25 * SECONDS_PER_DAY

/** How a history is to be. Times are epoch seconds, shares 0 to 1. */
export interface HistoryPlan {
  count: number
  years: number
  until: number
  privateShare: number
  manualShare: number
  sharedStartSeconds: number
}

/** The bare bones of one activity. */
export interface HistoryEntry {
  index: number
  startSeconds: number
  visibility: Visibility
  manual: boolean
  /** The id that its upload moment suggests; uploads are late at times, so ids are not in order. */
  suggestedId: number
}

/** Years that a history of that many activities believably takes. */
export function believableYears(count: number): number {
  return Math.min(15, Math.max(0.1, count / ACTIVITIES_PER_YEAR))
}

/** A start at an hour at which people train, on the day of the given moment. */
function trainingStart(random: Random, moment: number, offsetSeconds: number): number {
  const localDay = Math.floor((moment + offsetSeconds) / SECONDS_PER_DAY) * SECONDS_PER_DAY
  const hour = random.pick([6, 6, 7, 8, 9, 12, 12, 16, 17, 17, 18, 18, 19, 20])
  return localDay - offsetSeconds + hour * 3600 + random.integer(0, 3599)
}

function uploadDelaySeconds(random: Random): number {
  return random.chance(0.04) ? random.integer(1, 90) * SECONDS_PER_DAY : random.integer(3_600, 14_400)
}

function pickVisibility(random: Random, privateShare: number): Visibility {
  if (random.chance(privateShare)) return 'only_me'
  return random.chance(0.1) ? 'followers_only' : 'everyone'
}

function makeEntry(seed: number, index: number, plan: HistoryPlan, offsetSeconds: number): HistoryEntry {
  const random = createRandom(seed, index)
  const spanSeconds = plan.years * SECONDS_PER_YEAR
  const slot = plan.until - spanSeconds + ((index + random.next()) / plan.count) * spanSeconds
  const start = trainingStart(random, slot, offsetSeconds)
  const startSeconds = start < plan.until ? start : start - SECONDS_PER_DAY
  return {
    index,
    startSeconds,
    visibility: pickVisibility(random, plan.privateShare),
    manual: random.chance(plan.manualShare),
    suggestedId: activityIdAt(Math.min(plan.until, startSeconds + uploadDelaySeconds(random))),
  }
}

function shareStarts(entries: HistoryEntry[], pairs: number): void {
  const usable = Math.min(pairs, entries.length - 1)
  for (let pair = 0; pair < usable; pair += 1) {
    const position = Math.floor(((pair + 0.5) * (entries.length - 1)) / usable) + 1
    const earlier = entries[position - 1]
    const later = entries[position]
    if (earlier !== undefined && later !== undefined) later.startSeconds = earlier.startSeconds
  }
}

/** The bones of a whole history, oldest start first. */
export function makeHistory(seed: number, plan: HistoryPlan): HistoryEntry[] {
  const home = pickPlace(createRandom(seed))
  const offsetSeconds = utcOffsetSeconds(home.timeZone, plan.until)
  const entries: HistoryEntry[] = []
  for (let index = 0; index < plan.count; index += 1) {
    entries.push(makeEntry(seed, index, plan, offsetSeconds))
  }
  entries.sort((left, right) => left.startSeconds - right.startSeconds)
  shareStarts(entries, plan.sharedStartSeconds)
  return entries
}
