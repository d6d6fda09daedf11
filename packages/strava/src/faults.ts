import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { parseFastJson } from './exact-json.ts'
import type { StravaFault } from './result.ts'

/** A parsed error body. Bodies may be empty or truncated, and `errors` may be a text (recorded responses). */
export interface FaultBody {
  readonly faults: readonly StravaFault[]
  /** The error code of RFC 6749, which Strava's own answers lack. */
  readonly oauthError?: string | undefined
}

const Body = Compile(
  Type.Object({
    errors: Type.Optional(Type.Unknown()),
    error: Type.Optional(Type.Unknown()),
  }),
)

const Entry = Compile(
  Type.Object({
    resource: Type.Optional(Type.Unknown()),
    field: Type.Optional(Type.Unknown()),
    code: Type.Optional(Type.Unknown()),
  }),
)

const MAX_FAULTS = 10
const MAX_TEXT = 100

/**
 * Parses an error body of Strava (`{ message, errors: [{ resource, field, code }] }`, Strava API docs, Fault).
 * `undefined`: neither empty nor a JSON object, so it does not come from Strava's API.
 */
export function parseFaultBody(text: string): FaultBody | undefined {
  if (text.trim() === '') return { faults: [] }
  const body = parseFastJson(text)
  if (body === null) return { faults: [] }
  if (!Body.Check(body)) return undefined
  return {
    faults: readFaults(body.errors),
    ...(typeof body.error === 'string' && { oauthError: cut(body.error) }),
  }
}

function readFaults(errors: unknown): StravaFault[] {
  if (!Array.isArray(errors)) return []
  const entries: unknown[] = errors
  return entries
    .slice(0, MAX_FAULTS)
    .flatMap((entry) =>
      Entry.Check(entry)
        ? [{ resource: cut(entry.resource), field: cut(entry.field), code: cut(entry.code) }]
        : [],
    )
}

function cut(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_TEXT) : ''
}
