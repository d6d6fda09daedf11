import type { Result } from './charts/charts.ts'
import { type Estimate, type Estimates, took } from './measures/estimates.ts'
import { limitsOf, runOurs } from './scenario.ts'
import { BEGIN, DAY_MS, HOUR_MS, MINUTE_MS, makeWorkload, type Workload } from './workload.ts'

/** A target and the measured value. */
export interface Target {
  readonly what: string
  readonly target: string
  readonly measured: string
  readonly ok: boolean
}

/** The targets of a population's run. */
export function targetsOf({ measures }: Result): Target[] {
  const { quota, fairness, samples, signUps } = measures
  const wasted = quota.wasted().mean
  const jain = fairness.mean()
  const oldest = Math.max(0, ...samples.map((each) => each.oldest).filter(Number.isFinite))
  return [
    {
      what: 'calls over a limit',
      target: '0',
      measured: `${measures.overLimit} of ${measures.calls.toLocaleString('en')}`,
      ok: measures.overLimit === 0,
    },
    {
      what: "day's quota unspent while work waited",
      target: '< 2 %',
      measured: percent(wasted),
      ok: wasted < 0.02,
    },
    {
      what: 'sign-up to first activities, 99 of 100, Strava up',
      target: '< 10 s',
      measured: duration(signUps.quantile(0.99)),
      ok: !(signUps.quantile(0.99) >= 10_000),
    },
    {
      what: "fairness over athletes (Jain's index)",
      target: '≥ 0.95',
      measured: Number.isNaN(jain) ? 'nobody had to share' : jain.toFixed(3),
      ok: !(jain < 0.95),
    },
    {
      what: 'oldest row',
      target: '< 7 days',
      measured: `${(oldest / DAY_MS).toFixed(1)} days`,
      ok: oldest < 7 * DAY_MS,
    },
    ...estimateTargets(measures.estimates),
    ...stabilityTargets(measures.estimates),
  ]
}

/** Required share of right ETAs, and the minimum number of ETAs to judge a share. */
const RIGHT = 0.9
const ENOUGH = 30

/**
 * ETAs at the sign-up and later. Later outages and waves of sign-ups cannot be foreseen, so the share is
 * shown with and without the ETAs during which one began.
 */
function estimateTargets(estimates: Estimates): Target[] {
  const row = (what: string, suits: (estimate: Estimate) => boolean): Target => {
    const { count, right } = estimates.score(suits)
    const few = count < ENOUGH ? ', too few to judge' : ''
    return {
      what,
      target: '9 of 10',
      measured: count === 0 ? 'none' : `${percent(right)} of ${count.toLocaleString('en')}${few}`,
      ok: count < ENOUGH || right >= RIGHT,
    }
  }
  const atSignUp = ({ when }: Estimate) => when === 'sign-up'
  const later = ({ when }: Estimate) => when === 'later'
  const known = ({ surprised }: Estimate) => !surprised
  return [
    row('ETA at the sign-up, all', atSignUp),
    row('… foreseeable', (each) => atSignUp(each) && known(each)),
    row('… and longer than a minute', (each) => atSignUp(each) && known(each) && took(each) > MINUTE_MS),
    row('ETA during the import, all', later),
    row('… foreseeable', (each) => later(each) && known(each)),
  ]
}

/** Maximum share of revisions by more than an hour and half of the remaining time. */
const MAX_JUMPS = 0.02

function stabilityTargets(estimates: Estimates): Target[] {
  const { looks, revised, later, median, p95, max, jumps, jumpsLater } = estimates.stability()
  if (looks === 0) return []
  const covered = estimates.coverage(() => true)
  return [
    {
      what: '… revised since the time before',
      target: 'fewer is better',
      measured: `${percent(revised)} of ${looks.toLocaleString('en')}, ${percent(later)} of them later`,
      ok: true,
    },
    {
      what: '… by (median, 95 of 100, maximum)',
      target: 'less is better',
      measured: `${duration(median)}, ${duration(p95)}, ${duration(max)}`,
      ok: true,
    },
    {
      what: '… by over an hour and half of the remaining time',
      target: '< 2 %',
      measured: `${jumps} (${jumpsLater} of them later)`,
      ok: jumps <= MAX_JUMPS * looks,
    },
    {
      what: '… ranges that contained the end',
      target: '9 of 10',
      measured:
        covered.count === 0 ? 'none' : `${percent(covered.right)} of ${covered.count.toLocaleString('en')}`,
      ok: covered.count < ENOUGH || covered.right >= RIGHT,
    },
  ]
}

/** The targets with a workload of their own. */
export const scenes = (seed: number): Target[] => [idleHistory(seed), besideGiant(seed)]

function idleHistory(seed: number): Target {
  const workload = alone([{ signsUpAt: BEGIN + HOUR_MS, history: 4_000, perWeek: 0 }])
  const { measures } = runOurs({ workload, limits: limitsOf(100, 1_000), seed })
  const calls = measures.waits.signup.count + measures.waits.backfill.count
  const took = measures.imports.quantile(1)
  return {
    what: 'history of 4,000, idle application',
    target: '≤ 22 calls, one window',
    measured: `${calls} calls, ${duration(took)}`,
    ok: calls <= 22 && took < 15 * MINUTE_MS,
  }
}

/** Sign-ups with and without a concurrent import of 100,000 activities. */
function besideGiant(seed: number): Target {
  const newcomers = makeWorkload({ athletes: 200, days: 3, seed, outages: false }).athletes
  const giant = { signsUpAt: BEGIN, history: 100_000, perWeek: 0 }
  const limits = limitsOf(200, 2_000)
  const median = (athletes: Workload['athletes']) =>
    runOurs({ workload: alone(athletes), limits, seed }).measures.waits.signup.quantile(0.5)
  const ratio = median([giant, ...newcomers]) / median(newcomers)
  return {
    what: 'first activity beside a backfill of 100,000',
    target: 'unchanged (± 10 %)',
    measured: `× ${ratio.toFixed(2)}`,
    ok: Math.abs(ratio - 1) <= 0.1,
  }
}

const alone = (athletes: Workload['athletes']): Workload => ({
  days: 3,
  athletes,
  waves: [],
  activities: { at: new Float64Array(), athlete: new Uint32Array(), count: 0 },
  outages: [],
  lostWebhooks: 0,
})

/** For people. */
export function duration(ms: number): string {
  if (Number.isNaN(ms)) return '–'
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < MINUTE_MS) return `${(ms / 1_000).toFixed(1)} s`
  if (ms < HOUR_MS) return `${(ms / MINUTE_MS).toFixed(1)} min`
  return ms < 2 * DAY_MS ? `${(ms / HOUR_MS).toFixed(1)} h` : `${(ms / DAY_MS).toFixed(1)} d`
}

export const percent = (share: number) => (Number.isNaN(share) ? '–' : `${(100 * share).toFixed(2)} %`)
