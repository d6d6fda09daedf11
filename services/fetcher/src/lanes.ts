import {
  type Bus,
  discard,
  type JsMsg,
  laneConsumer,
  matches,
  NOTIFY_HEADER,
  STREAMS,
  type Verdict,
  type Work,
  work,
} from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import { type Lane, type StravaId, StravaIdSchema } from '@ikigai/contracts'
import type { Db } from '@ikigai/db'
import { explain, type Ledger } from '@ikigai/quota'
import { Type } from 'typebox'
import type { CallStrava } from './calls/strava-calls.ts'
import { importPage } from './imports/import-page.ts'
import { bury, conclude, type JobResult, jobKey } from './jobs.ts'
import { fetchActivity } from './live/fetch-activity.ts'
import { refreshPage } from './refresh/refresh-page.ts'

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
}

/** Calls under way at once, by lane: one lane's slow calls take no place from another's. */
const CONCURRENCY = { signup: 8, recent: 4, live: 4, backlog: 2, refresh: 1 } as const

/** The lanes that are worked off. */
export type WorkedLane = keyof typeof CONCURRENCY

/** A sign-up that waits is looked at this often, because somebody may be watching; other lanes wait at their gate. */
const SIGNUP_WAIT_MS = 2_000
/** A closed gate is looked at again at the latest after this: limits can change. */
const GATE_LOOK_MS = 15_000

const JobSchema = Type.Object({ athlete_id: StravaIdSchema, activity_id: Type.Optional(StravaIdSchema) })

/** Works off every lane until stopped. */
export function workLanes(deps: LaneDeps): Work {
  const works = (Object.keys(CONCURRENCY) as WorkedLane[]).map((lane) => workLane(deps, lane))
  return {
    stop: async () => {
      await Promise.all(works.map((each) => each.stop()))
    },
  }
}

function workLane(deps: LaneDeps, lane: WorkedLane): Work {
  return work(deps.bus, {
    stream: STREAMS.fetch,
    consumer: laneConsumer(lane),
    concurrency: CONCURRENCY[lane],
    // A sign-up is told at once that it waits, so its lane has no gate.
    ...(lane === 'signup' ? {} : { gate: (signal) => waitUntilOpen(deps, lane, signal) }),
    handle: (message) => runJob(deps, lane, message),
  })
}

async function waitUntilOpen({ ledger, clock }: LaneDeps, lane: Lane, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const refusal = explain(await ledger.read(), lane, clock.now())
    if (refusal === undefined) return
    await clock.sleep(Math.min(refusal.until - clock.now(), GATE_LOOK_MS), signal)
  }
}

async function runJob(deps: LaneDeps, lane: WorkedLane, message: JsMsg): Promise<Verdict> {
  const job = readJob(message)
  if (job === undefined) {
    await bury(deps.bus, message, '0', 'not a job')
    return discard('not a job')
  }
  const { athlete_id: athleteId, activity_id: activityId } = job
  const result = await perform(deps, lane, athleteId, activityId)
  if (lane === 'signup') notify(deps.bus, message, result)
  const key = jobKey(lane, athleteId, activityId)
  return conclude(deps, message, { key, athleteId, waitMs: lane === 'signup' ? SIGNUP_WAIT_MS : 0 }, result)
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

function readJob(message: JsMsg): { athlete_id: StravaId; activity_id?: StravaId } | undefined {
  try {
    const job: unknown = message.json()
    return matches(JobSchema, job) ? job : undefined
  } catch {
    return undefined
  }
}

/** Tells the request that waits for the first page what became of it. */
function notify(bus: Bus, message: JsMsg, result: JobResult): void {
  const inbox = message.headers?.get(NOTIFY_HEADER)
  if (inbox === undefined || inbox === '') return
  const outcome = result.kind === 'done' ? 'stored' : 'waiting'
  bus.nc.publish(inbox, JSON.stringify({ outcome }))
}
