import { type Bus, type JsMsg, STREAMS, type StreamTail, tailStream } from '@ikigai/bus'
import { ALL_EVENTS, EVENT_TYPES, type EventType, eventSubject } from '@ikigai/contracts'
import type { LiveEvent } from './live-event.ts'

/** Source and consumers of the events. */
export interface EventFeedOptions {
  readonly bus: Bus
  /** Number of past messages read at the start. */
  readonly backlog: number
  /** Called at the start and after a gap: every event from this stream sequence on will be delivered, in order. */
  readonly onStart: (sequence: number) => void
  readonly onEvent: (event: LiveEvent) => void
}

/** Reads the events of all athletes, once per process. */
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

/** Only the id is needed, and it is the first property: parsing the whole body would be wasteful. */
function activityOf(type: EventType, message: JsMsg): string | undefined {
  if (!type.startsWith('activity.')) return undefined
  return /"id":"([1-9]\d{0,18})"/.exec(message.string())?.[1]
}
