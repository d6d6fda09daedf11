import type { StravaId } from '../ids.ts'
import type { CallKind, CallRecord } from './schemas.ts'

const MAX_LOGGED_CALLS = 10_000

const NO_CALLS: Readonly<Record<CallKind, number>> = {
  authorize: 0,
  token: 0,
  refresh: 0,
  revoke: 0,
  deauthorize: 0,
  athlete: 0,
  list: 0,
  detail: 0,
  create: 0,
  subscription: 0,
  unknown: 0,
}

/** A call as it arrives. */
export interface Arrival {
  kind: CallKind
  method: string
  url: string
  at: number
  athleteId: StravaId | null
}

/** Counts calls and remembers the latest ones. */
export interface CallLog {
  arrive(arrival: Arrival): CallRecord
  /** Sets the status of a call; later calls are ignored. 0: the connection was cut. */
  answer(call: CallRecord, status: number): void
  calls(): Record<CallKind, number>
  total(): number
  statuses(): Record<string, number>
  list(): CallRecord[]
  reset(): void
}

export function createCallLog(): CallLog {
  let calls = { ...NO_CALLS }
  let statuses: Record<string, number> = {}
  let records: CallRecord[] = []
  const arrivals = new WeakMap<CallRecord, number>()
  return {
    arrive(arrival) {
      const record: CallRecord = { ...arrival, status: null, durationMs: null }
      arrivals.set(record, performance.now())
      calls[arrival.kind] += 1
      records.push(record)
      if (records.length > 2 * MAX_LOGGED_CALLS) records = records.slice(-MAX_LOGGED_CALLS)
      return record
    },
    answer(call, status) {
      if (call.status !== null) return
      call.status = status
      call.durationMs = performance.now() - (arrivals.get(call) ?? Number.NaN)
      statuses[status] = (statuses[status] ?? 0) + 1
    },
    calls: () => ({ ...calls }),
    total: () => Object.values(calls).reduce((sum, count) => sum + count, 0),
    statuses: () => ({ ...statuses }),
    list: () => records.slice(-MAX_LOGGED_CALLS).map((record) => ({ ...record })),
    reset() {
      calls = { ...NO_CALLS }
      statuses = {}
      records = []
    },
  }
}
