import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Bus, INTERNAL_SIGNALS, publishSignal, subscribeSignals } from '@ikigai/bus'
import { type Clock, type Logger, runPeriodically } from '@ikigai/chassis'
import { inSpan, SpanKind } from '@ikigai/chassis/tracing'
import { LANES, type Lane } from '@ikigai/contracts'
import type { Db } from '@ikigai/db'
import { CONCURRENCY, check, type Denial, type Ledger } from '@ikigai/quota'
import { notifyOutcome } from './notify-outcome.ts'
import type { Perform } from './perform.ts'
import { type Attempt, permitOf } from './schedule/attempt.ts'
import { type Claimed, claimNext, isWatched, recordSignUpWaits } from './schedule/claim.ts'
import { concludeAttempt, type EndDeps, type JobResult, unexpected } from './schedule/job-result.ts'
import { keepLeases, type Leases } from './schedule/leases.ts'
import { pollLanes } from './schedule/poll.ts'

/** Dependencies of {@link startLanes}. */
export interface LaneDeps extends EndDeps {
  readonly db: Db
  readonly bus: Bus
  readonly ledger: Ledger
  readonly clock: Clock
  readonly logger: Logger
  readonly perform: Perform
  /** Duration of a lease without renewal: ms. */
  readonly leaseMs: number
  /** The lanes to run; all by default. */
  readonly lanes?: readonly Lane[]
  /** Maximum concurrent calls by lane; {@link CONCURRENCY} by default. */
  readonly concurrency?: Readonly<Record<Lane, number>>
}

/** Running lanes. */
export interface Lanes {
  /** Call it when a lane's queue has a new entry, or may be served again. */
  wake(lane: Lane): void
  /** Stops claiming, and resolves when the attempts in flight have ended. */
  stop(): Promise<void>
}

/** Poll interval: ms. It finds work after a lost signal, an elapsed delay or the end of a dead replica's lease. */
const POLL_INTERVAL_MS = 1_000

/** A denied lane checks again after this time at the latest, because limits can change: ms. */
const MAX_THROTTLE_MS = 15_000

/** The same during an outage: ms. An athlete who begins to wait allows an early probe of the circuit breaker. */
const OUTAGE_CHECK_INTERVAL_MS = 2_000

const isOutage = ({ reason }: Denial) => reason === 'strava_unavailable' || reason === 'application_inactive'

/** Runs every lane until stopped. */
export function startLanes(deps: LaneDeps): Lanes {
  const { db, bus, clock, logger, lanes = LANES } = deps
  const leases = keepLeases(deps)
  const workers = new Map(lanes.map((lane) => [lane, startLane(deps, leases, lane)]))
  const wake = (lane: Lane) => workers.get(lane)?.wake()
  const wakeSignals = subscribeSignals(bus, INTERNAL_SIGNALS.fetchWake, {
    handle: async ({ lane }) => wake(lane),
  })
  const polling = runPeriodically(
    POLL_INTERVAL_MS,
    async () => {
      for (const lane of await pollLanes(db, new Date(clock.now()))) wake(lane)
    },
    clock,
    logger,
  )
  return {
    wake: (lane) => {
      if (workers.get(lane)?.cannotServe() === true) wakeOtherReplicas(bus, lane)
      wake(lane)
    },
    stop: async () => {
      await Promise.all([wakeSignals.stop(), polling.stop()])
      await Promise.all([...workers.values()].map((worker) => worker.stop()))
      await leases.stop()
    },
  }
}

/** Wakes the lane in other replicas, which may be able to serve it. */
const wakeOtherReplicas = (bus: Bus, lane: Lane): void =>
  publishSignal(bus, INTERNAL_SIGNALS.fetchWake.subject, { lane })

interface LaneWorker {
  wake(): void
  /** Whether the maximum of concurrent calls is reached, or the lane is throttled in this replica. */
  cannotServe(): boolean
  stop(): Promise<void>
}

/**
 * Starts the consumer of one lane. It claims the next athlete when there is one, the ledger admits a call, and fewer calls than
 * the maximum are running. Claims run one at a time, and take several athletes when more than one waits; calls run concurrently.
 */
function startLane(deps: LaneDeps, leases: Leases, lane: Lane): LaneWorker {
  const { db, bus, clock, logger, ledger, leaseMs, concurrency = CONCURRENCY } = deps
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()
  let claiming: Promise<void> | undefined
  let mayHaveWork = false
  let throttled: (Denial & { readonly checksAt: number }) | undefined
  let hasFavouredWatcher = false
  /** Whether the last claim left claimable athletes in the queue. */
  let isCrowded = false

  const room = () => concurrency[lane] - running.size
  const isBusy = () => room() <= 0
  const isThrottled = () => throttled !== undefined && clock.now() < throttled.checksAt

  function wake(): void {
    mayHaveWork = true
    if (isThrottled()) notifyWaiting()
    else claimMore()
  }

  function claimMore(): void {
    if (stopping.signal.aborted || claiming !== undefined || !mayHaveWork || isBusy() || isThrottled()) return
    mayHaveWork = false
    claiming = claim()
      .catch((error: unknown) => logger.warn({ err: error, lane }, 'claim failed; trying again'))
      .finally(() => {
        claiming = undefined
        claimMore()
      })
  }

  /**
   * Whether an athlete waits for the next call: always true for a sign-up. Other lanes read it only during an outage, when it
   * allows an early probe of the circuit breaker.
   */
  const isWaitedForNow = async (): Promise<boolean> =>
    lane === 'signup' ||
    (throttled !== undefined && isOutage(throttled) && (await isWatched(db, lane, clock.now())))

  /** Claims one athlete, or as many as may run when the last claim left some in the queue, and starts their attempts. */
  async function claim(): Promise<void> {
    // Attempts whose results were stored together end together, and make room for a claim of as many.
    if (isCrowded) await nextTurn()
    const isWaitedFor = await isWaitedForNow()
    const isForWatcher = isWaitedFor && lane !== 'signup'
    const [leaseName, now] = [randomUUID(), clock.now()]
    const favoursWatchers = !hasFavouredWatcher || isForWatcher
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
    if (claimed !== undefined && works.length > 0) hasFavouredWatcher = claimed.wasFavoured
    if (isCrowded) mayHaveWork = true
    const isDenied = isCrowded || works.length === 0 || works.some(({ lease }) => lease === undefined)
    if (denial !== undefined && isDenied) throttle(denial)
    for (const { work, lease } of works)
      serve({ ...work, permit: permitOf(lease), isWaitedFor }, lease === undefined ? denial : undefined)
  }

  function serve(attempt: Attempt, denial: Denial | undefined): void {
    const task = leases
      .during(attempt.leaseName, () => runAttempt(attempt, denial))
      .catch((error: unknown) =>
        logger.warn({ err: error, lane }, 'attempt could not be ended; its lease will expire'),
      )
      .finally(() => {
        running.delete(task)
        claimMore()
      })
    running.add(task)
  }

  async function runAttempt(attempt: Attempt, denial: Denial | undefined): Promise<void> {
    const result: JobResult =
      denial === undefined ? await runJob(deps, attempt) : { kind: 'throttled', denial, failed: false }
    const unused = attempt.permit.take()
    if (unused !== undefined) await ledger.settle(unused, { result: 'unused' }, clock.now())
    notifyOutcome(bus, attempt.replyTo, result.kind === 'done' ? 'stored' : 'waiting')
    if (result.kind === 'throttled') throttle(result.denial)
    await attempt.permit.settled().catch((error: unknown) => {
      logger.warn({ err: error, lane }, 'call could not be settled; its lease will expire')
    })
    if (await concludeAttempt(deps, attempt, result)) mayHaveWork = true
  }

  /** Stops claiming until the retry time: no other entry would be admitted either. */
  function throttle(denial: Denial): void {
    const atMost = isOutage(denial) ? OUTAGE_CHECK_INTERVAL_MS : MAX_THROTTLE_MS
    const checksAt = Math.min(denial.retryAt, clock.now() + atMost)
    throttled = { ...denial, checksAt }
    mayHaveWork = true
    notifyWaiting()
    void clock.sleep(checksAt - clock.now(), stopping.signal).then(claimMore)
  }

  function notifyWaiting(): void {
    if (lane !== 'signup') return
    const task = notifySignUpsWaiting(deps)
      .catch((error: unknown) => logger.warn({ err: error }, 'replying to waiting sign-ups failed'))
      .finally(() => running.delete(task))
    running.add(task)
  }

  return {
    wake,
    cannotServe: () => isBusy() || isThrottled(),
    stop: async () => {
      stopping.abort()
      await claiming
      await Promise.all(running)
    },
  }
}

/**
 * Replies to requests that wait for a sign-up's first page that the ledger denies it for now. It reads the ledger again, because a
 * replica that has not measured Strava's clock yet may be denied calls that others are granted.
 */
async function notifySignUpsWaiting({ db, bus, ledger, clock }: LaneDeps): Promise<void> {
  const decision = check(await ledger.read(), 'signup', clock.now())
  if (!decision.allowed) notifyOutcome(bus, await recordSignUpWaits(db, decision), 'waiting')
}

async function runJob({ perform, logger }: LaneDeps, attempt: Attempt): Promise<JobResult> {
  const span = { kind: SpanKind.CONSUMER, parent: attempt.trace }
  try {
    return await inSpan(`fetch ${attempt.lane}`, span, () => perform(attempt))
  } catch (error) {
    logger.error({ err: error, lane: attempt.lane }, 'job failed unexpectedly')
    return unexpected(error)
  }
}
