import { randomUUID } from 'node:crypto'
import { type Bus, INTERNAL_SIGNALS, publishSignal, subscribeSignals } from '@ikigai/bus'
import { type Clock, type Logger, runPeriodically } from '@ikigai/chassis'
import { inSpan, SpanKind } from '@ikigai/chassis/tracing'
import { LANES, type Lane } from '@ikigai/contracts'
import type { Db } from '@ikigai/db'
import { CONCURRENCY, check, type Denial, type Ledger } from '@ikigai/quota'
import type { Perform } from './perform.ts'
import { type Attempt, permitOf } from './schedule/attempt.ts'
import { type Claimed, claimNext, isWatched, noteSignUpsWait } from './schedule/claim.ts'
import { concludeAttempt, type EndDeps, type JobResult, unexpected } from './schedule/job-result.ts'
import { keepLeases, type Leases } from './schedule/leases.ts'
import { pollLanes } from './schedule/poll.ts'
import { tellOutcome } from './tell-outcome.ts'

/** What working off the lanes needs. */
export interface LaneDeps extends EndDeps {
  readonly db: Db
  readonly bus: Bus
  readonly ledger: Ledger
  readonly clock: Clock
  readonly logger: Logger
  readonly perform: Perform
  /** How long an athlete's work stays with a fetcher that shows no sign of life, in ms. */
  readonly leaseMs: number
  /** The lanes to work off; all by default. */
  readonly lanes?: readonly Lane[]
  /** Calls under way at once, by lane; {@link CONCURRENCY} by default. */
  readonly concurrency?: Readonly<Record<Lane, number>>
}

/** Lanes being worked off. */
export interface Lanes {
  /** A lane's queue holds something new, or may be served again. */
  wake(lane: Lane): void
  /** Claims no more, and waits for what is under way. */
  stop(): Promise<void>
}

/** What a lost signal, a delay that is over or a dead fetcher has left is found within this. */
const POLL_MS = 1_000

/** A lane that may not call looks again at the latest after this: limits can change. */
const CLOSED_AT_MOST_MS = 15_000

/** While Strava fails, somebody who comes to wait may have it probed: a lane looks for them this often. */
const OUTAGE_LOOK_MS = 2_000

const isOutage = ({ reason }: Denial) => reason === 'strava_unavailable' || reason === 'application_inactive'

/** Works off every lane until stopped. */
export function startLanes(deps: LaneDeps): Lanes {
  const { db, bus, clock, logger, lanes = LANES } = deps
  const leases = keepLeases(deps)
  const workers = new Map(lanes.map((lane) => [lane, startLane(deps, leases, lane)]))
  const wake = (lane: Lane) => workers.get(lane)?.wake()
  const hearing = subscribeSignals(bus, INTERNAL_SIGNALS.fetchWake, {
    handle: async ({ lane }) => wake(lane),
  })
  const polling = runPeriodically(
    POLL_MS,
    async () => {
      for (const lane of await pollLanes(db, new Date(clock.now()))) wake(lane)
    },
    clock,
    logger,
  )
  return {
    wake: (lane) => {
      if (workers.get(lane)?.cannotServe() === true) tellOthers(bus, lane)
      wake(lane)
    },
    stop: async () => {
      await Promise.all([hearing.stop(), polling.stop()])
      await Promise.all([...workers.values()].map((worker) => worker.stop()))
      await leases.stop()
    },
  }
}

/** Another replica may have room. */
const tellOthers = (bus: Bus, lane: Lane): void =>
  publishSignal(bus, INTERNAL_SIGNALS.fetchWake.subject, { lane })

interface LaneWorker {
  wake(): void
  /** As many calls are under way as may be at once, or this replica is not certain that it may call. */
  cannotServe(): boolean
  stop(): Promise<void>
}

/**
 * The consumer of one lane: claims the next athlete as soon as there is one, the ledger admits a call and there is room for
 * it. One claim at a time, of several athletes when they queue; the calls go side by side.
 */
function startLane(deps: LaneDeps, leases: Leases, lane: Lane): LaneWorker {
  const { db, bus, clock, logger, ledger, leaseMs, concurrency = CONCURRENCY } = deps
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()
  let claiming: Promise<void> | undefined
  let mayHaveWork = false
  let closed: (Denial & { readonly looksAt: number }) | undefined
  let hasFavoured = false
  /** The last claim has left some. */
  let isCrowded = false

  const room = () => concurrency[lane] - running.size
  const isBusy = () => room() <= 0
  const isClosed = () => closed !== undefined && clock.now() < closed.looksAt

  function wake(): void {
    mayHaveWork = true
    if (isClosed()) tellWaiting()
    else goOn()
  }

  function goOn(): void {
    if (stopping.signal.aborted || claiming !== undefined || !mayHaveWork || isBusy() || isClosed()) return
    mayHaveWork = false
    claiming = claim()
      .catch((error: unknown) => logger.warn({ err: error, lane }, 'nothing could be claimed; trying again'))
      .finally(() => {
        claiming = undefined
        goOn()
      })
  }

  /** A sign-up has somebody who waits for it; of other lanes it is asked only while Strava fails, when it counts. */
  const isWaitedForNow = async (): Promise<boolean> =>
    lane === 'signup' ||
    (closed !== undefined && isOutage(closed) && (await isWatched(db, lane, clock.now())))

  /** One athlete, or as many as there is room for when there are more. */
  async function claim(): Promise<void> {
    const isWaitedFor = await isWaitedForNow()
    const isForWatcher = isWaitedFor && lane !== 'signup'
    const [leaseName, now] = [randomUUID(), clock.now()]
    const favoursWatchers = !hasFavoured || isForWatcher
    const options = { leaseName, leaseMs, now: new Date(now), favoursWatchers }
    let claimed: Claimed | undefined
    const request = { now, atMost: isCrowded && !isForWatcher ? room() : 1, isWaitedFor }
    const { works, denial } = await ledger.reserveFor(
      lane,
      request,
      async (executor, reservation, atMost) => {
        claimed = await claimNext(executor, lane, { ...options, reservation, atMost })
        return claimed
      },
    )
    isCrowded = claimed?.hasMore === true
    if (claimed !== undefined && works.length > 0) hasFavoured = claimed.wasFavoured
    if (isCrowded) mayHaveWork = true
    const isDenied = isCrowded || works.length === 0 || works.some(({ lease }) => lease === undefined)
    if (denial !== undefined && isDenied) close(denial)
    for (const { work, lease } of works)
      serve({ ...work, permit: permitOf(lease), isWaitedFor }, lease === undefined ? denial : undefined)
  }

  function serve(attempt: Attempt, refusal: Denial | undefined): void {
    const task = leases
      .during(attempt.leaseName, () => attend(attempt, refusal))
      .catch((error: unknown) =>
        logger.warn({ err: error, lane }, 'an attempt was not ended; its lease will be over'),
      )
      .finally(() => {
        running.delete(task)
        goOn()
      })
    running.add(task)
  }

  async function attend(attempt: Attempt, refusal: Denial | undefined): Promise<void> {
    const result: JobResult =
      refusal === undefined
        ? await performSafely(deps, attempt)
        : { kind: 'throttled', refusal, failed: false }
    const unused = attempt.permit.take()
    if (unused !== undefined) await ledger.settle(unused, { result: 'unused' }, clock.now())
    tellOutcome(bus, attempt.replyTo, result.kind === 'done' ? 'stored' : 'waiting')
    if (result.kind === 'throttled') close(result.refusal)
    await attempt.permit.settled().catch((error: unknown) => {
      logger.warn({ err: error, lane }, 'a call was not settled: its lease will expire')
    })
    if (await concludeAttempt(deps, attempt, result)) mayHaveWork = true
  }

  /** Nobody behind can be served here either. */
  function close(refusal: Denial): void {
    const atMost = isOutage(refusal) ? OUTAGE_LOOK_MS : CLOSED_AT_MOST_MS
    const looksAt = Math.min(refusal.retryAt, clock.now() + atMost)
    closed = { ...refusal, looksAt }
    mayHaveWork = true
    tellWaiting()
    void clock.sleep(looksAt - clock.now(), stopping.signal).then(goOn)
  }

  function tellWaiting(): void {
    if (lane !== 'signup') return
    const task = tellWhoWaits(deps)
      .catch((error: unknown) => logger.warn({ err: error }, 'those who wait could not be told'))
      .finally(() => running.delete(task))
    running.add(task)
  }

  return {
    wake,
    cannotServe: () => isBusy() || isClosed(),
    stop: async () => {
      stopping.abort()
      await claiming
      await Promise.all(running)
    },
  }
}

/**
 * Who waits for word of a sign-up is not left waiting for quota. A replica that has yet to measure Strava's clock may be
 * refused what another one is not: then it says nothing.
 */
async function tellWhoWaits({ db, bus, ledger, clock }: LaneDeps): Promise<void> {
  const decision = check(await ledger.read(), 'signup', clock.now())
  if (!decision.allowed) tellOutcome(bus, await noteSignUpsWait(db, decision), 'waiting')
}

async function performSafely({ perform, logger }: LaneDeps, attempt: Attempt): Promise<JobResult> {
  const span = { kind: SpanKind.CONSUMER, parent: attempt.trace }
  try {
    return await inSpan(`fetch ${attempt.lane}`, span, () => perform(attempt))
  } catch (error) {
    const { lane, athleteId, wanted } = attempt
    logger.error({ err: error, lane, athleteId, activityId: wanted?.activityId }, 'job failed unexpectedly')
    return unexpected(error)
  }
}
