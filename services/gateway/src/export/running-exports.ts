import { Readable } from 'node:stream'
import type { StravaId } from '@ikigai/contracts'
import type { Revocations, Session } from '@ikigai/sessions'

/** The exports under way in this process. */
export interface RunningExports {
  /** Whether the athlete may begin one here. */
  hasRoom(athleteId: StravaId): boolean
  /** Makes a stream of the lines. It is cut when the session ends meanwhile, or this process. */
  begin(session: Session, lines: AsyncIterable<string>): Readable
  /** Cuts those whose sessions have ended. */
  endStale(): void
  /** Cuts all of them. */
  endAll(): void
}

/** One export for each athlete at a time. */
export function createRunningExports(options: {
  readonly clock: { now(): number }
  readonly revocations: Pick<Revocations, 'isRevoked'>
}): RunningExports {
  const { clock, revocations } = options
  const running = new Map<StravaId, { readonly session: Session; readonly stream: Readable }>()
  const hasEnded = (session: Session) => session.expiresAtMs <= clock.now() || revocations.isRevoked(session)
  // An answer that is cut is no whole one: the client sees an error, and no line `end`.
  const cut = (stream: Readable) => stream.destroy(new Error('the session has ended'))
  return {
    hasRoom: (athleteId) => !running.has(athleteId),
    begin(session, lines) {
      const stream = Readable.from(lines, { objectMode: false, highWaterMark: 65_536 })
      running.set(session.athleteId, { session, stream })
      stream.once('close', () => running.delete(session.athleteId))
      return stream
    },
    endStale() {
      for (const { session, stream } of running.values()) if (hasEnded(session)) cut(stream)
    },
    endAll() {
      for (const { stream } of running.values()) cut(stream)
    },
  }
}
