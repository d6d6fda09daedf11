import type { ServerResponse } from 'node:http'
import type { Logger } from '@ikigai/chassis'
import type { ImportStatus, StravaId } from '@ikigai/contracts'
import type { Revocations } from '@ikigai/sessions'
import type { Caller } from '../apps/scopes.ts'
import { frameOf, type Headers, openEventStream } from './event-stream.ts'
import { changesOf, type LiveEvent } from './live-event.ts'
import { createRecentEvents } from './recent-events.ts'
import type { Signals } from './signals.ts'
import { createStreamPlaces, type LeavePlace } from './stream-places.ts'
import { Subscribers, type Subscription } from './subscribers.ts'

/** A client that opens a stream. */
export interface Listener {
  readonly session: Caller
  /** Id of the last message received on an earlier stream. */
  readonly lastEventId: string | undefined
  readonly response: ServerResponse
  readonly headers: Headers
  /** Result of {@link LiveHub.takePlace}. */
  readonly leavePlace: LeavePlace
}

/** Sends changes to activities and imports to the athletes' open streams. */
export interface LiveHub {
  /** Takes one of the athlete's places for streams in this process; undefined if all are taken. */
  takePlace(athleteId: StravaId): LeavePlace | undefined
  /**
   * Opens a stream with the current import status. It ends with the connection, the session, or this process, and then releases
   * its place.
   */
  open(listener: Listener, status: ImportStatus): void
  /** Ends the streams whose sessions have ended. */
  endStale(): void
  /** Number of open streams. */
  size(): number
  /** Ends all streams. */
  endAll(): void
  /** Call it before events are recorded: they are complete from this stream sequence on. */
  startAt(sequence: number): void
  record(event: LiveEvent): void
  close(): void
}

/** Dependencies of the hub. */
export interface LiveHubOptions {
  readonly clock: { now(): number }
  readonly logger: Logger
  readonly revocations: Pick<Revocations, 'isRevoked'>
  readonly signals: Pick<Signals, 'present'>
  readonly readImport: (athleteId: StravaId) => Promise<ImportStatus | undefined>
}

/** Browsers open at most six connections to an origin over HTTP/1.1. */
const MAX_STREAMS_PER_ATHLETE = 10
/** Number of events, of all athletes, that are kept for clients that reconnect. */
export const MAX_REMEMBERED_EVENTS = 5_000
/** Events within this time are sent as one message: ms. A page of an import causes 200. */
const BATCH_WINDOW_MS = 50
/** Heartbeats are spread over this number of one-second slots; each stream has one slot. */
const HEARTBEAT_SLOTS = 15
const HEARTBEAT = ': \n\n'
/** Polling of imports in progress, whose ETA and wait change without events. */
const IMPORT_READ_INTERVAL_SECONDS = 5
const MAX_IMPORT_READS_PER_SECOND = 10

/** A hub without streams. */
export function createLiveHub(options: LiveHubOptions): LiveHub {
  const { clock, logger, revocations, signals, readImport } = options
  const subscribersOf = new Map<StravaId, Subscribers>()
  const recent = createRecentEvents(MAX_REMEMBERED_EVENTS)
  let openedCount = 0
  let seconds = 0
  let batchTimer: NodeJS.Timeout | undefined

  const record = (event: LiveEvent) => {
    recent.add(event)
    const subscribers = subscribersOf.get(event.athleteId)
    if (subscribers === undefined) return
    subscribers.record(event)
    batchTimer ??= setTimeout(broadcastAll, BATCH_WINDOW_MS)
  }

  const broadcastAll = () => {
    batchTimer = undefined
    for (const [athleteId, subscribers] of subscribersOf) {
      subscribers.broadcastChanges()
      if (subscribers.takeImportChanged()) void broadcastImport(athleteId, subscribers)
    }
  }

  const broadcastImport = async (athleteId: StravaId, subscribers: Subscribers) => {
    subscribers.importReadAt = seconds
    try {
      const place = recent.newest
      const status = await readImport(athleteId)
      if (status !== undefined) subscribers.broadcastImport(status, place)
    } catch (error) {
      logger.warn({ err: error }, 'the import of an athlete with open streams could not be read')
    }
  }

  /** The frame with the changes that a client missed, or a `reload` if they are no longer known. */
  const missedSince = (lastEventId: string, athleteId: StravaId): string | undefined => {
    const known = /^\d{1,15}$/.test(lastEventId) ? recent.since(Number(lastEventId), athleteId) : undefined
    const id = recent.newest
    if (known === undefined) return frameOf({ event: 'reload', id, data: '{}' })
    const changes = changesOf(known)
    return changes === undefined
      ? undefined
      : frameOf({ event: 'activity', id, data: JSON.stringify(changes) })
  }

  const places = createStreamPlaces(MAX_STREAMS_PER_ATHLETE)

  const open = ({ session, lastEventId, response, headers, leavePlace }: Listener, status: ImportStatus) => {
    if (response.destroyed) return leavePlace()
    const { athleteId } = session
    const subscribers = subscribersOf.get(athleteId) ?? new Subscribers(status)
    const stream = openEventStream(response, headers, () => {
      leavePlace()
      subscribers.streams.delete(entry)
      if (subscribers.streams.size === 0 && subscribersOf.get(athleteId) === subscribers)
        subscribersOf.delete(athleteId)
    })
    const entry: Subscription = { session, stream, slot: openedCount % HEARTBEAT_SLOTS }
    openedCount += 1
    stream.send(frameOf({ event: 'import', id: recent.newest, data: JSON.stringify(status) }))
    const missed = lastEventId === undefined ? undefined : missedSince(lastEventId, athleteId)
    if (missed !== undefined) stream.send(missed)
    subscribersOf.set(athleteId, subscribers)
    subscribers.streams.add(entry)
    signals.present(athleteId)
  }

  const allStreams = function* (): Generator<Subscription> {
    for (const { streams } of subscribersOf.values()) yield* streams
  }

  const endStale = () => {
    const now = clock.now()
    for (const { session, stream } of allStreams())
      if (session.expiresAtMs <= now || revocations.isRevoked(session)) stream.end()
  }

  const onTick = () => {
    seconds += 1
    endStale()
    for (const { session, stream, slot } of allStreams()) {
      if (slot !== seconds % HEARTBEAT_SLOTS) continue
      stream.send(HEARTBEAT)
      signals.present(session.athleteId)
    }
    const due = [...subscribersOf]
      .filter(
        ([, { mayChange, importReadAt }]) =>
          mayChange && importReadAt + IMPORT_READ_INTERVAL_SECONDS <= seconds,
      )
      .sort(([, one], [, other]) => one.importReadAt - other.importReadAt)
    for (const [athleteId, subscribers] of due.slice(0, MAX_IMPORT_READS_PER_SECOND))
      void broadcastImport(athleteId, subscribers)
  }

  const endAll = () => {
    for (const { stream } of allStreams()) stream.end()
  }

  const heartbeat = setInterval(onTick, 1_000)
  return {
    takePlace: places.take,
    open,
    endStale,
    endAll,
    startAt: recent.startAt,
    record,
    size: () => [...allStreams()].length,
    close: () => {
      clearInterval(heartbeat)
      clearTimeout(batchTimer)
      endAll()
    },
  }
}
