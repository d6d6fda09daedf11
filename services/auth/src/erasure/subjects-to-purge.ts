import { STREAMS, subjectsOfAthlete } from '@ikigai/bus'
import { EVENT_TYPES, eventSubject, type StravaId } from '@ikigai/contracts'

/**
 * Every subject that holds something of an athlete, but for the event that tells other teams of his leaving: they may be
 * yet to read it, and it holds his id and nothing else.
 */
export function subjectsToPurge(athleteId: StravaId): readonly { stream: string; subject: string }[] {
  const elsewhere = subjectsOfAthlete(athleteId).filter(({ stream }) => stream !== STREAMS.events)
  const events = EVENT_TYPES.filter((type) => type !== 'athlete.disconnected').map((type) => ({
    stream: STREAMS.events,
    subject: eventSubject(type, athleteId),
  }))
  return [...elsewhere, ...events]
}
