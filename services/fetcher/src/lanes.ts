import { randomUUID } from 'node:crypto'
import { type Bus, done, laneConsumer, STREAMS, type Work, work } from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import type { Lane, StravaId } from '@ikigai/contracts'
import type { Db } from '@ikigai/db'
import { explain, type Ledger } from '@ikigai/quota'
import type { CallStrava } from './calls/strava-calls.ts'
import { type Claims, keepClaims } from './claims.ts'
import { importPage } from './imports/import-page.ts'
import { conclude, type JobResult, unexpected } from './jobs.ts'
import { fetchActivity } from './live/fetch-activity.ts'
import { type ClaimedJob, claimNext } from './queue.ts'
import { refreshPage } from './refresh/refresh-page.ts'
import { giveTurn } from './turns.ts'

/** What working off the lanes needs. */
export interface LaneDeps {
  readonly db: Db
  readonly bus: Bus
  readonly ledger: Ledger
  readonly call: CallStrava
  readonly clock: Clock
  readonly logger: Logger
  readonly kick: () => void
  /** `CACHE_MAX_AGE` in ms. */
  readonly maxAgeMs: number
  /** How long a job stays with a fetcher that shows no sign of life, in ms. */
  readonly leaseMs: number
}

/** Calls under way at once, by lane: one lane's slow calls take no place from another's. */
const CONCURRENCY = { signup: 8, recent: 4, live: 4, backlog: 2, refresh: 1 } as const

/** The lanes that are worked off. */
export type WorkedLane = keyof typeof CONCURRENCY

/** A closed gate is looked at again at the latest after this: limits can change. */
const GATE_LOOK_MS = 15_000
/** What failed unexpectedly is tried again after so long, should the failure hinder even putting it back. */
const ERROR_DELAY_MS = 2_000

/** Works off every lane until stopped. */
export function workLanes(deps: LaneDeps): Work {
  const claims = keepClaims(deps)
  const works = (Object.keys(CONCURRENCY) as WorkedLane[]).map((lane) => workLane(deps, claims, lane))
  return {
    stop: async () => {
      await Promise.all(works.map((each) => each.stop()))
      await claims.stop()
    },
  }
}

function workLane(deps: LaneDeps, claims: Claims, lane: WorkedLane): Work {
  return work(deps.bus, {
    stream: STREAMS.fetch,
    consumer: laneConsumer(lane),
    concurrency: CONCURRENCY[lane],
    // A sign-up is told at once that it waits, so its lane has no gate.
    ...(lane === 'signup' ? {} : { gate: (signal) => waitUntilOpen(deps, lane, signal) }),
    errorDelayMs: ERROR_DELAY_MS,
    handle: async () => {
      await takeTurn(deps, claims, lane)
      return done
    },
  })
}

async function waitUntilOpen({ ledger, clock }: LaneDeps, lane: Lane, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const refusal = explain(await ledger.read(), lane, clock.now())
    if (refusal === undefined) return
    await clock.sleep(Math.min(refusal.until - clock.now(), GATE_LOOK_MS), signal)
  }
}

/** A turn: serves the lane's next job, whichever that is. Without one, the turn was one too many. */
async function takeTurn(deps: LaneDeps, claims: Claims, lane: WorkedLane): Promise<void> {
  const { db, bus, clock, leaseMs } = deps
  const claim = randomUUID()
  const job = await claimNext(db, lane, { claim, leaseMs, now: new Date(clock.now()) })
  if (job === undefined) return
  const result = await claims.during(claim, () => performSafely(deps, lane, job))
  if (job.notify !== undefined) notify(bus, job.notify, result)
  if (await conclude(deps, job, result)) giveTurn(bus, job)
}

async function performSafely(deps: LaneDeps, lane: WorkedLane, job: ClaimedJob): Promise<JobResult> {
  const { athleteId, activityId } = job
  try {
    return await perform(deps, lane, athleteId, activityId)
  } catch (error) {
    deps.logger.error({ err: error, lane, athleteId, activityId }, 'job failed unexpectedly')
    return { kind: 'retry', ...unexpected(error) }
  }
}

function perform(
  deps: LaneDeps,
  lane: WorkedLane,
  athleteId: StravaId,
  activityId: StravaId | undefined,
): Promise<JobResult> {
  if (lane === 'signup' || lane === 'backlog') return importPage(deps, lane, athleteId)
  if (lane === 'refresh') return refreshPage(deps, athleteId)
  if (activityId === undefined) return Promise.resolve({ kind: 'done' })
  return fetchActivity(deps, lane, athleteId, activityId)
}

/** Tells the request that waits for the first page what became of it. */
function notify(bus: Bus, inbox: string, result: JobResult): void {
  const outcome = result.kind === 'done' ? 'stored' : 'waiting'
  bus.nc.publish(inbox, JSON.stringify({ outcome }))
}
