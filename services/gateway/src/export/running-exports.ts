import { Readable } from 'node:stream'
import type { StravaId } from '@ikigai/contracts'
import type { Revocations } from '@ikigai/sessions'
import type { Caller } from '../apps/scopes.ts'

/** Exports in progress in this process. */
export interface RunningExports {
  /** Whether the athlete may start one here. */
  hasRoom(athleteId: StravaId): boolean
  /** Streams the lines. The stream is aborted if the session or this process ends. */
  begin(session: Caller, lines: AsyncIterable<string>): Readable
  /** Aborts exports whose session has ended. */
  endStale(): void
  /** Aborts all exports. */
  endAll(): void
}

/** Allows one export per athlete at a time, in this process. */
export function createRunningExports(options: {
  readonly clock: { now(): number }
  readonly revocations: Pick<Revocations, 'isRevoked'>
}): RunningExports {
  const { clock, revocations } = options
  const running = new Map<StravaId, { readonly session: Caller; readonly stream: Readable }>()
  const hasEnded = (session: Caller) => session.expiresAtMs <= clock.now() || revocations.isRevoked(session)
  // Destroying the stream makes the client see an error instead of a complete answer.
  const abort = (stream: Readable) => stream.destroy(new Error('the session has ended'))
  return {
    hasRoom: (athleteId) => !running.has(athleteId),
    begin(session, lines) {
      const stream = Readable.from(lines, { objectMode: false, highWaterMark: 65_536 })
      running.set(session.athleteId, { session, stream })
      stream.once('close', () => running.delete(session.athleteId))
      return stream
    },
    endStale() {
      for (const { session, stream } of running.values()) if (hasEnded(session)) abort(stream)
    },
    endAll() {
      for (const { stream } of running.values()) abort(stream)
    },
  }
}
