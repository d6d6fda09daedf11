import type { CallKind, CallRecord } from '../calls/schemas.ts'
import type { Fault } from '../faults/schemas.ts'
import type { Counting } from '../limits/rate-limiter.ts'
import type { Grant } from '../oauth/grants.ts'

/** A call in progress. */
export interface Call {
  record: CallRecord
  faults: Fault[]
  /** The grant of its access token; null if it carries no valid one. */
  grant: Grant | null
}

/** Kind of a call to a route. */
export interface StravaRoute {
  kind: CallKind
  /** Set: it needs an access token, and counts in the limits like this. */
  counting?: Counting
}

declare module 'fastify' {
  interface FastifyRequest {
    stravaCall: Call | null
  }

  interface FastifyContextConfig {
    strava?: StravaRoute
  }
}

/** A fault of that kind among those that hit the call. */
export function faultOf<K extends Fault['kind']>(
  call: Call | null,
  kind: K,
): Extract<Fault, { kind: K }> | undefined {
  return call?.faults.find((fault): fault is Extract<Fault, { kind: K }> => fault.kind === kind)
}
