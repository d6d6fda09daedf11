import type { ServerResponse } from 'node:http'
import type { Logger } from '@ikigai/chassis'
import type { ImportStatus, StravaId } from '@ikigai/contracts'
import type { Revocations, Session } from '@ikigai/sessions'
import { Audience, type Opened } from './audience.ts'
import { frameOf, type Headers, openEventStream } from './event-stream.ts'
import type { Hints } from './hints.ts'
import { changesOf, type LiveEvent } from './live-event.ts'
import { createRecentEvents } from './recent-events.ts'

/** Who wants to be told, and on which answer. */
export interface Listener {
  readonly session: Session
  /** The id of the last message that the client has had on an earlier stream. */
  readonly lastEventId: string | undefined
  readonly response: ServerResponse
  readonly headers: Headers
}

/** Tells athletes what happens to their activities and imports while it happens. */
export interface LiveHub {
  /** Whether the athlete may open another stream here. */
  hasRoom(athleteId: StravaId): boolean
  /** Begins a stream with the import as it stands now. It ends with the connection, the session, or this process. */
  open(listener: Listener, status: ImportStatus): void
  /** Ends the streams whose sessions have ended. */
  endStale(): void
  /** How many streams are open. */
  size(): number
  /** Ends all of them. */
  endAll(): void
  /** All events from this place in the stream on are going to be told. */
  startAt(sequence: number): void
  /** Something happened to an athlete. */
  note(event: LiveEvent): void
  close(): void
}

/** What the hub stands on. */
export interface LiveHubOptions {
  readonly clock: { now(): number }
  readonly logger: Logger
  readonly revocations: Pick<Revocations, 'isRevoked'>
  readonly hints: Pick<Hints, 'present'>
  readonly readImport: (athleteId: StravaId) => Promise<ImportStatus | undefined>
}

/** Browsers open at most six connections to an origin over HTTP/1.1. */
const STREAMS_PER_ATHLETE = 10
/** Events of all athletes that are remembered for who comes again. */
export const REMEMBERED_EVENTS = 5_000
/** What comes within this time goes out as one message: a page of the history is 200 events. */
const GATHER_MS = 50
/** Every stream has one of so many seconds to show that it is alive, so that not all of them write at once. */
const BEATS = 15
const BEAT = ': \n\n'
/** Imports that wait change by themselves: each is read anew so often, and no more than so many in a second. */
const READ_EVERY_SECONDS = 5
const READ_PER_SECOND = 10

/** A hub without streams. */
export function createLiveHub(options: LiveHubOptions): LiveHub {
  const { clock, logger, revocations, hints, readImport } = options
  const audiences = new Map<StravaId, Audience>()
  const recent = createRecentEvents(REMEMBERED_EVENTS)
  let opened = 0
  let seconds = 0
  let gathering: NodeJS.Timeout | undefined

  const note = (event: LiveEvent) => {
    recent.add(event)
    const audience = audiences.get(event.athleteId)
    if (audience === undefined) return
    audience.note(event)
    gathering ??= setTimeout(tellAll, GATHER_MS)
  }

  const tellAll = () => {
    gathering = undefined
    for (const [athleteId, audience] of audiences) {
      audience.tellChanges()
      if (audience.takeImportMoved()) void tellImport(athleteId, audience)
    }
  }

  const tellImport = async (athleteId: StravaId, audience: Audience) => {
    audience.importReadAt = seconds
    try {
      const place = recent.newest
      const status = await readImport(athleteId)
      if (status !== undefined) audience.tellImport(status, place)
    } catch (error) {
      logger.warn({ err: error }, 'an import could not be read for its listeners')
    }
  }

  /** What a client missed; where that is not known any more it has to read everything again. */
  const missedSince = (lastEventId: string, athleteId: StravaId): string | undefined => {
    const known = /^\d{1,15}$/.test(lastEventId) ? recent.since(Number(lastEventId), athleteId) : undefined
    const id = recent.newest
    if (known === undefined) return frameOf({ event: 'reload', id, data: '{}' })
    const changes = changesOf(known)
    return changes === undefined
      ? undefined
      : frameOf({ event: 'activity', id, data: JSON.stringify(changes) })
  }

  const open = ({ session, lastEventId, response, headers }: Listener, status: ImportStatus) => {
    if (response.destroyed) return
    const { athleteId } = session
    const audience = audiences.get(athleteId) ?? new Audience(status)
    const stream = openEventStream(response, headers, () => {
      audience.streams.delete(entry)
      if (audience.streams.size === 0 && audiences.get(athleteId) === audience) audiences.delete(athleteId)
    })
    const entry: Opened = { session, stream, slot: opened % BEATS }
    opened += 1
    stream.send(frameOf({ event: 'import', id: recent.newest, data: JSON.stringify(status) }))
    const missed = lastEventId === undefined ? undefined : missedSince(lastEventId, athleteId)
    if (missed !== undefined) stream.send(missed)
    audiences.set(athleteId, audience)
    audience.streams.add(entry)
    hints.present(athleteId)
  }

  const everyStream = function* (): Generator<Opened> {
    for (const { streams } of audiences.values()) yield* streams
  }

  const endStale = () => {
    const now = clock.now()
    for (const { session, stream } of everyStream())
      if (session.expiresAtMs <= now || revocations.isRevoked(session)) stream.end()
  }

  const everySecond = () => {
    seconds += 1
    endStale()
    for (const { session, stream, slot } of everyStream()) {
      if (slot !== seconds % BEATS) continue
      stream.send(BEAT)
      hints.present(session.athleteId)
    }
    const due = [...audiences]
      .filter(([, { mayMove, importReadAt }]) => mayMove && importReadAt + READ_EVERY_SECONDS <= seconds)
      .sort(([, one], [, other]) => one.importReadAt - other.importReadAt)
    for (const [athleteId, audience] of due.slice(0, READ_PER_SECOND)) void tellImport(athleteId, audience)
  }

  const endAll = () => {
    for (const { stream } of everyStream()) stream.end()
  }

  const beating = setInterval(everySecond, 1_000)
  return {
    hasRoom: (athleteId) => (audiences.get(athleteId)?.streams.size ?? 0) < STREAMS_PER_ATHLETE,
    open,
    endStale,
    endAll,
    startAt: recent.startAt,
    note,
    size: () => [...everyStream()].length,
    close: () => {
      clearInterval(beating)
      clearTimeout(gathering)
      endAll()
    },
  }
}
