import { randomUUID } from 'node:crypto'
import {
  ack,
  type Bus,
  type Consumer,
  consume,
  jobOfSubject,
  laneConsumer,
  publishSignal,
  REPLAY_HEADER,
  STREAMS,
} from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import { LANES, type Lane } from '@ikigai/contracts'
import type { Db } from '@ikigai/db'
import { queueJob } from '@ikigai/outbox'
import { explain, type ImportOutlooks, type Ledger } from '@ikigai/quota'
import { changeAthlete } from './activities/athlete-lock.ts'
import type { CallStrava } from './calls/strava-calls.ts'
import { type Claims, keepClaims } from './claims.ts'
import type { ClockCheck } from './clocks/clock-check.ts'
import { enrichNext } from './enrich/enrich.ts'
import { catchUp } from './events/catch-up.ts'
import { importPage } from './imports/import-page.ts'
import { conclude, type JobResult, unexpected } from './jobs.ts'
import { fetchActivity } from './live/fetch-activity.ts'
import type { Meters } from './metrics.ts'
import { type ClaimedJob, claimNext, takeNotices } from './queue.ts'
import { refreshPage } from './refresh/refresh-page.ts'
import { giveTurn } from './turns.ts'

/** What working off the lanes needs. */
export interface LaneDeps {
  readonly db: Db
  readonly bus: Bus
  readonly ledger: Ledger
  readonly call: CallStrava
  readonly clocks: Pick<ClockCheck, 'agree'>
  readonly clock: Clock
  readonly logger: Logger
  readonly meters: Meters
  readonly outlooks: ImportOutlooks
  readonly kick: () => void
  /** `CACHE_MAX_AGE` in ms. */
  readonly maxAgeMs: number
  /** How long a job stays with a fetcher that shows no sign of life, in ms. */
  readonly leaseMs: number
}

/** Lanes being worked off. */
export interface Lanes extends Consumer {
  /** A job of this lane was queued here and now: serves it without waiting for its turn to come back from NATS. */
  nudge(lane: Lane): void
}

/** Calls under way at once, by lane: one lane's slow calls take no place from another's. */
const CONCURRENCY: Record<Lane, number> = {
  signup: 8,
  newest: 4,
  webhook: 4,
  backfill: 2,
  resync: 1,
  enrich: 1,
}

/** A closed gate is looked at again at the latest after this: limits can change. */
const GATE_LOOK_MS = 15_000

/** Works off every lane until stopped. */
export function workLanes(deps: LaneDeps): Lanes {
  const claims = keepClaims(deps)
  const works = LANES.map((lane) => workLane(deps, claims, lane))
  const nudges = takeNudges(deps, claims)
  return {
    nudge: nudges.nudge,
    stop: async () => {
      await Promise.all([...works.map((each) => each.stop()), nudges.stop()])
      await claims.stop()
    },
  }
}

function workLane(deps: LaneDeps, claims: Claims, lane: Lane): Consumer {
  return consume(deps.bus, {
    stream: STREAMS.fetch,
    consumer: laneConsumer(lane),
    concurrency: CONCURRENCY[lane],
    // A sign-up is told at once that it waits, so its lane has no gate.
    ...(lane === 'signup' ? {} : { waitForCapacity: (signal) => waitUntilOpen(deps, lane, signal) }),
    handle: async (message) => {
      if (message.headers?.has(REPLAY_HEADER) === true) await replay(deps, message.subject)
      await takeTurn(deps, claims, lane)
      return ack
    },
  })
}

/** An operator gives a job another chance. */
async function replay({ db, clock }: LaneDeps, subject: string): Promise<void> {
  const job = jobOfSubject(subject)
  if (job === undefined) return
  await changeAthlete(db, job.athleteId, (tx) => queueJob(tx, job, new Date(clock.now())))
}

async function waitUntilOpen({ ledger, clock }: LaneDeps, lane: Lane, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const refusal = explain(await ledger.read(), lane, clock.now())
    if (refusal === undefined) return
    await clock.sleep(Math.min(refusal.until - clock.now(), GATE_LOOK_MS), signal)
  }
}

/** Nudged jobs run beside those that turns bring, as many at once. A lane that had to wait is not nudged for a while. */
function takeNudges(deps: LaneDeps, claims: Claims): Lanes {
  const { clock, logger } = deps
  const running = new Map<Promise<void>, Lane>()
  const closedUntil = new Map<Lane, number>()
  let stopped = false

  const serve = async (lane: Lane) => {
    const result = await takeTurn(deps, claims, lane)
    if (result?.kind === 'wait')
      closedUntil.set(lane, Math.min(result.refusal.until, clock.now() + GATE_LOOK_MS))
  }
  return {
    nudge: (lane) => {
      const atOnce = [...running.values()].filter((each) => each === lane).length
      if (stopped || atOnce >= CONCURRENCY[lane] || clock.now() < (closedUntil.get(lane) ?? 0)) return
      const task = serve(lane)
        .catch((error: unknown) => logger.warn({ err: error, lane }, 'nudge failed; its turn will come'))
        .finally(() => running.delete(task))
      running.set(task, lane)
    },
    stop: async () => {
      stopped = true
      await Promise.all(running.keys())
    },
  }
}

/** A turn: serves the lane's next job, whichever that is. Without one, the turn was one too many. */
async function takeTurn(deps: LaneDeps, claims: Claims, lane: Lane): Promise<JobResult | undefined> {
  const { db, bus, clock, leaseMs } = deps
  const claim = randomUUID()
  const job = await claimNext(db, lane, { claim, leaseMs, now: new Date(clock.now()) })
  if (job === undefined) return undefined
  return claims.during(claim, async () => {
    const result = await performSafely(deps, job)
    if (job.notify !== undefined) notify(bus, job.notify, result)
    if (lane === 'signup' && result.kind === 'wait') {
      // Nobody behind it can be served either: whoever waits for word is not left waiting for that.
      for (const inbox of await takeNotices(db, lane)) notify(bus, inbox, result)
    }
    if (await conclude(deps, job, result)) giveTurn(bus, job)
    return result
  })
}

async function performSafely(deps: LaneDeps, job: ClaimedJob): Promise<JobResult> {
  const { lane, athleteId, activityId } = job
  const repeated = job.attempts > 0
  const call: CallStrava = (ofLane, ofAthlete, make) => deps.call(ofLane, ofAthlete, make, { repeated })
  try {
    return await perform({ ...deps, call }, job)
  } catch (error) {
    deps.logger.error({ err: error, lane, athleteId, activityId }, 'job failed unexpectedly')
    return { kind: 'retry', ...unexpected(error) }
  }
}

function perform(deps: LaneDeps, job: ClaimedJob): Promise<JobResult> {
  const { lane, athleteId, activityId } = job
  if (lane === 'signup' || lane === 'backfill') return importPage(deps, lane, athleteId)
  if (lane === 'resync') return refreshPage(deps, athleteId)
  if (lane === 'enrich') return enrichNext(deps, athleteId)
  // Events about more activities than are asked for one by one.
  if (activityId === undefined) return catchUp(deps, athleteId)
  return fetchActivity(deps, { ...job, lane, activityId })
}

/** Tells the request that waits for the first page what became of it. */
function notify(bus: Bus, inbox: string, result: JobResult): void {
  const outcome = result.kind === 'done' ? 'stored' : 'waiting'
  publishSignal(bus, inbox, { outcome })
}
