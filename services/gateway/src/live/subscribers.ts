import type { ImportStatus } from '@ikigai/contracts'
import type { Caller } from '../apps/scopes.ts'
import { type EventStream, frameOf } from './event-stream.ts'
import { changesOf, type LiveEvent } from './live-event.ts'

/** An open stream and its session. */
export interface Subscription {
  readonly session: Caller
  readonly stream: EventStream
  /** The heartbeat slot of this stream. */
  readonly slot: number
}

/** Open streams of one athlete and the state last sent to them. */
export class Subscribers {
  readonly streams = new Set<Subscription>()
  /** Tick of the hub (seconds) at which the import was last read. */
  importReadAt = 0
  #pending: LiveEvent[] = []
  #importChanged = false
  #sentImport: string
  #isComplete: boolean

  /** `status` is sent to the first stream when it opens. */
  constructor(status: ImportStatus) {
    this.#sentImport = JSON.stringify(status)
    this.#isComplete = status.state === 'complete'
  }

  /** Records an event; {@link broadcastChanges} sends it. */
  record(event: LiveEvent): void {
    // The import status contains the number of activities.
    if (event.type !== 'activity.updated') this.#importChanged = true
    if (event.activityId !== undefined) this.#pending.push(event)
  }

  /** Sends the recorded changes to activities as one message. */
  broadcastChanges(): void {
    const changes = changesOf(this.#pending)
    const id = this.#pending.at(-1)?.sequence
    this.#pending = []
    if (changes !== undefined) this.#send(frameOf({ event: 'activity', id, data: JSON.stringify(changes) }))
  }

  /** Sends the import status if it differs from the last one sent. `id` is the event sequence at the time of the read. */
  broadcastImport(status: ImportStatus, id: number | undefined): void {
    const data = JSON.stringify(status)
    if (data === this.#sentImport) return
    this.#sentImport = data
    this.#isComplete = status.state === 'complete'
    this.#send(frameOf({ event: 'import', id, data }))
  }

  /** Returns and clears whether an event may have changed the import. */
  takeImportChanged(): boolean {
    const changed = this.#importChanged
    this.#importChanged = false
    return changed
  }

  /** Whether the import may change without an event: queue position, ETA, wait. */
  get mayChange(): boolean {
    return !this.#isComplete
  }

  #send(frame: string): void {
    for (const { stream } of this.streams) stream.send(frame)
  }
}
