import { type Bus, type JsMsg, STREAMS, type StreamTail, tailStream } from '@ikigai/bus'
import { ALL_EVENTS, EVENT_TYPES, type EventType, eventSubject } from '@ikigai/contracts'
import type { LiveEvent } from './live-event.ts'

/** What becomes of the events. */
export interface EventFeedOptions {
  readonly bus: Bus
  /** How many of the stream's last messages are read at the start. */
  readonly backlog: number
  /** Everything from this place in the stream on is going to come, in order. */
  readonly onStart: (sequence: number) => void
  readonly onEvent: (event: LiveEvent) => void
}

/** Reads the events of all athletes, once for the whole process. */
export function startEventFeed({ bus, backlog, onStart, onEvent }: EventFeedOptions): StreamTail {
  return tailStream(bus, {
    stream: STREAMS.events,
    subject: ALL_EVENTS,
    lookback: backlog,
    onStart,
    onMessage: (message) => {
      const event = toEvent(message)
      if (event !== undefined) onEvent(event)
    },
  })
}

function toEvent(message: JsMsg): LiveEvent | undefined {
  const { subject, seq: sequence } = message
  const athleteId = subject.slice(subject.lastIndexOf('.') + 1)
  const type = EVENT_TYPES.find((known) => eventSubject(known, athleteId) === subject)
  return type === undefined ? undefined : { sequence, type, athleteId, activityId: activityOf(type, message) }
}

/** Clients are told which activity it is, and read the rest themselves: its id stands first in the document. */
function activityOf(type: EventType, message: JsMsg): string | undefined {
  if (!type.startsWith('activity.')) return undefined
  return /"id":"([1-9]\d{0,18})"/.exec(message.string())?.[1]
}
