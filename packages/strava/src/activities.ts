import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { parseExactJson, parseFastJson } from './exact-json.ts'
import { isWithinMaxDepth, splitJsonArray } from './json-scan.ts'
import { Int64IdSchema, type StravaId } from './strava-id.ts'

/** One activity of a list page: the required fields and the JSON. */
export interface SummaryEnvelope {
  readonly id: StravaId
  readonly athleteId: StravaId
  /** When it started, to the second. */
  readonly startDate: Date
  /** The activity's JSON as Strava wrote it, valid as `jsonb` (see `toJsonbText`). */
  readonly raw: string
}

/** An item of a list page that lacks a required field. */
export interface SkippedItem {
  /** Index in the page, from 0. */
  readonly index: number
  readonly reason: string
}

/** One page of an athlete's activities, in Strava's order. */
export interface ActivityPage {
  /** The page's JSON as Strava wrote it, valid as `jsonb` (see `toJsonbText`). */
  readonly rawText: string
  readonly activities: readonly SummaryEnvelope[]
  /** Number of items left out of `activities`. Both 0: the end of the list. */
  readonly skipped: number
  readonly skippedItems: readonly SkippedItem[]
}

/** One activity in detail: the required fields and the JSON. */
export interface ActivityDetail {
  readonly id: StravaId
  readonly athleteId: StravaId
  /** When it started, to the second. */
  readonly startDate: Date
  /** The activity's JSON as Strava wrote it, valid as `jsonb` (see `toJsonbText`). */
  readonly rawText: string
}

type Essentials = Omit<SummaryEnvelope, 'raw'>

/** Strava's fields change without notice; only these three are required. */
const Essential = Compile(
  Type.Object({
    id: Type.Number(),
    start_date: Type.String(),
    athlete: Type.Object({ id: Type.Number() }),
  }),
)

const ExactIds = Compile(Type.Object({ id: Int64IdSchema, athlete: Type.Object({ id: Int64IdSchema }) }))

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/

/** Parses a list page. `undefined` if it is not a JSON array; an item that lacks a required field is skipped. */
export function parseActivityPage(rawText: string): ActivityPage | undefined {
  const elements = splitJsonArray(rawText)
  if (elements === undefined) return undefined
  const activities: SummaryEnvelope[] = []
  const skippedItems: SkippedItem[] = []
  for (const [index, raw] of elements.entries()) {
    const value = parseFastJson(raw)
    if (value === undefined) return undefined
    const essentials = readEssentials(value, raw)
    if (typeof essentials === 'string') skippedItems.push({ index, reason: essentials })
    else activities.push({ ...essentials, raw })
  }
  return { rawText, activities, skipped: skippedItems.length, skippedItems }
}

/** Parses one activity. `undefined` if it is not JSON or lacks a required field. */
export function parseActivityDetail(rawText: string): ActivityDetail | undefined {
  if (!isWithinMaxDepth(rawText)) return undefined
  const essentials = readEssentials(parseFastJson(rawText), rawText)
  return typeof essentials === 'string' ? undefined : { ...essentials, rawText }
}

/** The required fields of an activity, or the reason why they cannot be parsed. */
function readEssentials(value: unknown, raw: string): Essentials | string {
  if (!Essential.Check(value)) return 'id, start_date or athlete.id is missing or of a wrong type'
  const startDate = new Date(INSTANT.test(value.start_date) ? value.start_date : Number.NaN)
  if (Number.isNaN(startDate.getTime())) return 'start_date is not a date and time'
  if (isExactId(value.id) && isExactId(value.athlete.id))
    return { id: String(value.id), athleteId: String(value.athlete.id), startDate }
  const exact = parseExactJson(raw)
  if (!ExactIds.Check(exact)) return 'id or athlete.id is not a positive int64'
  return { id: String(exact.id), athleteId: String(exact.athlete.id), startDate }
}

/** Whether `JSON.parse` cannot have rounded the id. */
function isExactId(id: number): boolean {
  return Number.isSafeInteger(id) && id > 0
}
