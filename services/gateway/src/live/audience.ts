import type { ImportStatus } from '@ikigai/contracts'
import type { Session } from '@ikigai/sessions'
import { type EventStream, frameOf } from './event-stream.ts'
import { changesOf, type LiveEvent } from './live-event.ts'

/** A stream and whose it is. */
export interface Opened {
  readonly session: Session
  readonly stream: EventStream
  /** Which of the beats is this stream's. */
  readonly slot: number
}

/** All open streams of one athlete, and what they have been told. */
export class Audience {
  readonly streams = new Set<Opened>()
  /** When the import was last read for them, by the hub's count of seconds. */
  importReadAt = 0
  #pending: LiveEvent[] = []
  #importMoved = false
  #toldImport: string
  #isComplete: boolean

  /** `status` is what the first of them is told. */
  constructor(status: ImportStatus) {
    this.#toldImport = JSON.stringify(status)
    this.#isComplete = status.state === 'complete'
  }

  /** Takes note of an event; {@link tellChanges} tells it. */
  note(event: LiveEvent): void {
    // How many activities there are is part of the import.
    if (event.type !== 'activity.updated') this.#importMoved = true
    if (event.activityId !== undefined) this.#pending.push(event)
  }

  /** Tells in one message what has been noted of activities. */
  tellChanges(): void {
    const changes = changesOf(this.#pending)
    const id = this.#pending.at(-1)?.sequence
    this.#pending = []
    if (changes !== undefined) this.#tell(frameOf({ event: 'activity', id, data: JSON.stringify(changes) }))
  }

  /** Tells where the import stands, unless that has been told. `id` is where the stream of events was when it was read. */
  tellImport(status: ImportStatus, id: number | undefined): void {
    const data = JSON.stringify(status)
    if (data === this.#toldImport) return
    this.#toldImport = data
    this.#isComplete = status.state === 'complete'
    this.#tell(frameOf({ event: 'import', id, data }))
  }

  /** Whether the import must be read anew: an event spoke of it. Asking is taking. */
  takeImportMoved(): boolean {
    const moved = this.#importMoved
    this.#importMoved = false
    return moved
  }

  /** Whether the import may change without an event: its place in the queue, its ETA, what it waits for. */
  get mayMove(): boolean {
    return !this.#isComplete
  }

  #tell(frame: string): void {
    for (const { stream } of this.streams) stream.send(frame)
  }
}
