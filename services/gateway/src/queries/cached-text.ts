import type { Activity, StravaId } from '@ikigai/contracts'
import { entityTagOf } from '../entity-tag.ts'
import type { ActivityWithDetail, FreshActivity } from './activities.ts'

/** What an entry takes beside its text, roughly. */
const OVERHEAD_BYTES = 256
const BEYOND_LATIN1 = /[\u0100-\uffff]/

/** A serialized answer. */
export interface AnswerText {
  readonly json: string
  /** Undefined if it has not been made. */
  readonly entityTag?: string | undefined
}

/** A serialized answer in memory. */
export class CachedText implements AnswerText {
  readonly json: string
  /** Epoch ms from which on it may not be served. */
  readonly until: number
  /** Of memory: V8 stores one byte for each character, or two if one of them is beyond Latin-1. */
  readonly bytes: number
  #entityTag: string | undefined

  constructor(json: string, until: number) {
    // In one piece: V8 keeps a text that was put together as references to its parts.
    this.json = Buffer.from(json).toString()
    this.until = until
    this.bytes = OVERHEAD_BYTES + json.length * (BEYOND_LATIN1.test(json) ? 2 : 1)
  }

  get entityTag(): string {
    this.#entityTag ??= entityTagOf(this.json)
    return this.#entityTag
  }
}

/** An activity in memory: one text; everything else is derived from it on demand. */
export class CachedActivity extends CachedText implements ActivityWithDetail {
  readonly id: StravaId
  readonly hasDetail: boolean
  readonly #detailLength: number

  constructor({ id, hasDetail, json, detail, confirmedAtMs }: FreshActivity, maxAgeMs: number) {
    super(json, confirmedAtMs + maxAgeMs)
    this.id = id
    this.hasDetail = hasDetail
    this.#detailLength = (detail ?? 'null').length
  }

  get detail(): string | null {
    const text = this.json.slice(-1 - this.#detailLength, -1)
    return text === 'null' ? null : text
  }

  get activity(): Activity {
    const end = this.json.length - 1 - this.#detailLength - ',"detail":'.length
    return JSON.parse(`${this.json.slice(0, end)}}`)
  }
}
