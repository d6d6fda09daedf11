import { LANES, type Lane } from '@ikigai/contracts'
import fc from 'fast-check'
import t from 'tap'
import {
  boundsOf,
  type ClockOffset,
  check,
  initialState,
  LEASE_MS,
  type Lease,
  type LedgerState,
  measureOffset,
  reserve,
  settle,
  WINDOWS,
  windowStart,
} from '../src/index.ts'
import { limitsOf, NOON } from './helpers.ts'

/** Calls end, and crashed ones reach Strava, within this (ms): the client's time-out. */
const TIMEOUT_MS = 20_000

interface Call {
  readonly lease: Lease
  readonly replica: Replica
  readonly sentAt: number
  arrived: boolean
}

interface Replica {
  readonly offset: number
  clock: ClockOffset | undefined
}

/** The rules as replicas with wrong clocks use them, beside what Strava really counts. */
class World {
  now = NOON
  state: LedgerState
  over = 0
  granted = 0
  readonly #limits = { ...limitsOf(8, 40) }
  readonly #counts = new Map<string, number>()
  readonly #replicas: readonly Replica[]
  readonly #calls: Call[] = []
  #ids = 0

  constructor(offsets: readonly number[]) {
    this.#replicas = offsets.map((offset) => ({ offset, clock: undefined }))
    this.state = initialState(this.#limits, boundsOf(NOON + (offsets[0] ?? 0), undefined).earliest)
  }

  reserve(lane: Lane, which: number): void {
    const replica = this.#replicas[which % this.#replicas.length]
    if (replica === undefined) return
    const now = boundsOf(this.now + replica.offset, replica.clock)
    const answer = reserve(this.state, { id: String(this.#ids++), lane, now, leaseMs: LEASE_MS })
    this.state = answer.state
    if (!('lease' in answer)) return
    this.granted++
    this.#calls.push({ lease: answer.lease, replica, sentAt: this.now, arrived: false })
  }

  /** Strava counts a call now; it may be answered much later. */
  arrive(which: number): void {
    const waiting = this.#calls.filter(({ arrived }) => !arrived)
    const call = waiting[which % waiting.length]
    if (call !== undefined) this.#count(call)
  }

  #count(call: Call): void {
    call.arrived = true
    for (const window of WINDOWS) {
      const key = `${window}${windowStart(window, this.now)}`
      const used = (this.#counts.get(key) ?? 0) + 1
      this.#counts.set(key, used)
      if (used > this.#limits.read[window]) this.over++
    }
  }

  /** `headers`: whether the answer has them, and a `Date`. */
  settle(which: number, headers: boolean): void {
    const [call] = this.#calls.splice(which % Math.max(1, this.#calls.length), 1)
    if (call === undefined) return
    if (!call.arrived) this.#count(call)
    const { replica, lease } = call
    const receivedAt = this.now + replica.offset
    const date = this.now - (this.now % 1_000)
    if (headers)
      replica.clock = measureOffset(replica.clock, { date, sentAt: lease.reservedAtLocal, receivedAt })
    const outcome = { result: 'answered' as const, headers: headers ? this.#reading() : undefined }
    this.state = settle(this.state, lease, outcome, boundsOf(receivedAt, replica.clock))
  }

  #reading() {
    const used = (window: 'quarterHour' | 'day') =>
      this.#counts.get(`${window}${windowStart(window, this.now)}`) ?? 0
    const counter = (limit: { quarterHour: number; day: number }) => ({
      quarterHour: { limit: limit.quarterHour, used: used('quarterHour') },
      day: { limit: limit.day, used: used('day') },
    })
    return { read: counter(this.#limits.read), overall: counter(this.#limits.overall) }
  }

  /** The replica is gone: its call is never settled, and what it knew of its clock is lost. */
  crash(which: number): void {
    const call = this.#calls[which % Math.max(1, this.#calls.length)]
    if (call === undefined) return
    call.replica.clock = undefined
    if (call.arrived) this.#calls.splice(this.#calls.indexOf(call), 1)
  }

  /** No call is under way for longer than the time-out, so time passes in steps. */
  pass(ms: number): void {
    const end = this.now + ms
    while (this.now < end) {
      const due = Math.min(end, ...this.#calls.map(({ sentAt }) => sentAt + TIMEOUT_MS))
      this.now = Math.max(this.now, due)
      for (const [i, call] of [...this.#calls.entries()].reverse())
        if (call.sentAt + TIMEOUT_MS <= this.now) this.settle(i, i % 2 === 0)
    }
  }
}

const index = fc.nat(30)
const step = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant('reserve' as const), fc.constantFrom(...LANES), index) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('arrive' as const), index) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('settle' as const), index, fc.boolean()) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('crash' as const), index) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('pass' as const), fc.nat(5_000)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('pass' as const), fc.nat(900_000)) },
  // To a few seconds around an edge, where it is hardest.
  { weight: 2, arbitrary: fc.tuple(fc.constant('edge' as const), fc.integer({ min: -40_000, max: 40_000 })) },
)

const offsets = fc.array(fc.integer({ min: -30_000, max: 30_000 }), { minLength: 1, maxLength: 4 })

function play(world: World, steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]): void {
  for (const each of steps) {
    if (each[0] === 'reserve') world.reserve(each[1], each[2])
    else if (each[0] === 'arrive') world.arrive(each[1])
    else if (each[0] === 'settle') world.settle(each[1], each[2])
    else if (each[0] === 'crash') world.crash(each[1])
    else if (each[0] === 'pass') world.pass(each[1])
    else world.pass(Math.max(0, windowStart('quarterHour', world.now) + 900_000 + each[1] - world.now))
  }
}

t.test('never over a limit: any order of steps, crashes, clocks off by up to half a minute', async (t) => {
  let granted = 0
  fc.assert(
    fc.property(offsets, fc.array(step, { minLength: 20, maxLength: 200 }), (clocks, steps) => {
      const world = new World(clocks)
      play(world, steps)
      granted += world.granted
      return world.over === 0
    }),
    { numRuns: 400 },
  )
  t.ok(granted > 1_000, `${granted} calls were granted`)
})

t.test('admission: a denied lane is admitted at its retry time, or gets a later one', async () => {
  fc.assert(
    fc.property(
      offsets,
      fc.array(step, { maxLength: 120 }),
      fc.constantFrom(...LANES),
      (clocks, steps, lane) => {
        const world = new World(clocks)
        play(world, steps)
        let now = world.now
        // Each further reason ends later; there are never many.
        for (let times = 0; times < 200; times++) {
          const denial = check(world.state, lane, now)
          if (denial.allowed) return true
          if (denial.retryAt <= now) return false
          now = denial.retryAt
        }
        return false
      },
    ),
    { numRuns: 300 },
  )
})

t.test('ledger: all that is not held back is granted, and everything once the window runs out', async () => {
  fc.assert(
    fc.property(fc.constantFrom(...LANES), fc.integer({ min: 1, max: 600 }), (lane, quarterHour) => {
      let state = initialState(limitsOf(quarterHour, 100_000), NOON)
      let now = windowStart('quarterHour', NOON) + 3_000
      let granted = 0
      while (now < windowStart('quarterHour', NOON) + 900_000) {
        const answer = reserve(state, { id: String(granted), lane, now, leaseMs: 1 })
        state = answer.state
        if ('lease' in answer) granted++
        else now = answer.denial.retryAt
      }
      return granted === quarterHour
    }),
    { numRuns: 60 },
  )
})
