import { type Outcome, WINDOW_MS, WINDOWS, type Window, windowStart } from '@ikigai/quota'
import type { BothLimits } from '../strava.ts'
import { FirstCome, type Gate } from './first-come.ts'
import type { Job, Scheduler } from './scheduler.ts'

const nextWindow = (window: Window, now: number) => windowStart(window, now) + WINDOW_MS[window]

/** After a 429: wait for the next quarter of an hour, or for midnight if the day is spent. */
function pauseAfter(outcome: Outcome, now: number): number {
  if (outcome.result === 'unavailable') return now + 30_000
  if (outcome.result !== 'rate_limited') return 0
  const day = outcome.headers?.read?.day
  return nextWindow(day !== undefined && day.used >= day.limit ? 'day' : 'quarterHour', now)
}

/**
 * The prototype: a sign-up fetches one activity at once and five soon after; every other activity is a job, and ten
 * jobs run each quarter of an hour. One call for each activity, no lists, no resyncs.
 */
export function prototype(): Scheduler {
  const PER_QUARTER = 10
  let quarter = 0
  let taken = 0
  let pausedUntil = 0
  const isUrgent = ({ lane }: Job) => lane === 'signup' || lane === 'newest'
  const gate: Gate = {
    take: (job, now) => {
      if (now < pausedUntil) return pausedUntil
      if (isUrgent(job)) return true
      const start = windowStart('quarterHour', now)
      if (start !== quarter) [quarter, taken] = [start, 0]
      if (taken >= PER_QUARTER) return nextWindow('quarterHour', now)
      taken++
      return true
    },
    see: (outcome, now) => {
      pausedUntil = Math.max(pausedUntil, pauseAfter(outcome, now))
    },
  }
  return new FirstCome({ name: 'prototype', perCall: 1, maintains: false, gate, isUrgent })
}

/** A token bucket that refills at the day's rate up to the limit of a quarter of an hour. All jobs are equal. */
export function tokenBucket({ read }: BothLimits): Scheduler {
  const perMs = read.day / WINDOW_MS.day
  let tokens: number = read.quarterHour
  let filledAt = 0
  let pausedUntil = 0
  const gate: Gate = {
    take: (_job, now) => {
      if (now < pausedUntil) return pausedUntil
      if (filledAt > 0) tokens = Math.min(read.quarterHour, tokens + (now - filledAt) * perMs)
      filledAt = now
      if (tokens < 1) return now + Math.ceil((1 - tokens) / perMs)
      tokens--
      return true
    },
    see: (outcome, now) => {
      pausedUntil = Math.max(pausedUntil, pauseAfter(outcome, now))
    },
  }
  return new FirstCome({ name: 'token bucket', perCall: 200, maintains: true, gate })
}

/** Share of each window's limit reserved for sign-ups, five newest and new activities; it shrinks towards the reset. */
const BUFFER = 0.25

/** Counts Strava's windows itself, with a fixed buffer for urgent work that shrinks towards each reset. */
export function shrinkingBuffer({ read }: BothLimits): Scheduler {
  const start = { quarterHour: 0, day: 0 }
  const used = { quarterHour: 0, day: 0 }
  let pausedUntil = 0
  const isUrgent = ({ lane }: Job) => lane === 'signup' || lane === 'newest' || lane === 'webhook'
  const roll = (now: number) => {
    for (const window of WINDOWS) {
      if (windowStart(window, now) === start[window]) continue
      start[window] = windowStart(window, now)
      used[window] = 0
    }
  }
  const gate: Gate = {
    take: (job, now) => {
      roll(now)
      if (now < pausedUntil) return pausedUntil
      for (const window of WINDOWS) {
        const rest = (nextWindow(window, now) - now) / WINDOW_MS[window]
        const buffer = isUrgent(job) ? 0 : BUFFER * read[window] * rest
        const left = read[window] - used[window]
        if (left < 1) return nextWindow(window, now)
        if (left <= buffer) return Math.min(nextWindow(window, now), now + 10_000)
      }
      for (const window of WINDOWS) used[window]++
      return true
    },
    see: (outcome, now) => {
      pausedUntil = Math.max(pausedUntil, pauseAfter(outcome, now))
    },
  }
  return new FirstCome({ name: 'shrinking buffer', perCall: 200, maintains: true, gate, isUrgent })
}
