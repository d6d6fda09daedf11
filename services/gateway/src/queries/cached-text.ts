import type { Activity, StravaId } from '@ikigai/contracts'
import { entityTagOf } from '../entity-tag.ts'
import type { ActivityWithDetail, FreshActivity } from './activities.ts'

/** Approximate memory of an item beside its text. */
const OVERHEAD_BYTES = 256
const BEYOND_LATIN1 = /[\u0100-\uffff]/

/** A serialized answer. */
export interface AnswerText {
  readonly json: string
  /** Entity tag of `json`; undefined if it was not computed. */
  readonly entityTag?: string | undefined
}

/** A serialized answer in memory. */
export class CachedText implements AnswerText {
  readonly json: string
  /** When it expires: epoch ms. */
  readonly until: number
  /** Memory: V8 stores one byte per character, or two if any of them is beyond Latin-1. */
  readonly bytes: number
  #entityTag: string | undefined

  constructor(json: string, until: number) {
    // Flattens the text: V8 keeps a concatenated string as references to its parts.
    this.json = Buffer.from(json).toString()
    this.until = until
    this.bytes = OVERHEAD_BYTES + json.length * (BEYOND_LATIN1.test(json) ? 2 : 1)
  }

  get entityTag(): string {
    this.#entityTag ??= entityTagOf(this.json)
    return this.#entityTag
  }
}

/** An activity in memory: its text, from which the other properties are derived on demand. */
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
