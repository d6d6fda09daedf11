import { STREAMS, subjectsOfAthlete } from '@ikigai/bus'
import { EVENT_TYPES, eventSubject, type StravaId } from '@ikigai/contracts'

/**
 * Every subject with messages about an athlete, except `athlete.disconnected`: other teams may not have read it yet, and
 * it holds only the athlete's id.
 */
export function subjectsToPurge(athleteId: StravaId): readonly { stream: string; subject: string }[] {
  const elsewhere = subjectsOfAthlete(athleteId).filter(({ stream }) => stream !== STREAMS.events)
  const events = EVENT_TYPES.filter((type) => type !== 'athlete.disconnected').map((type) => ({
    stream: STREAMS.events,
    subject: eventSubject(type, athleteId),
  }))
  return [...elsewhere, ...events]
}
