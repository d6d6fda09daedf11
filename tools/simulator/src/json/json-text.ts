/** A number written with exactly these digits: ids beyond 2^53, floats that end in `.0`. */
export class NumberText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type JsonValue = string | number | boolean | null | NumberText | JsonValue[] | JsonObject

/** Members that are `undefined` are left out. */
export interface JsonObject {
  [key: string]: JsonValue | undefined
}

/** A float as Strava writes it: `669.0`, not `669` (recorded responses). */
export function float(value: number): NumberText {
  return new NumberText(Number.isInteger(value) ? `${value}.0` : String(value))
}

/** An int64 id, given as decimal digits. */
export function idNumber(id: string): NumberText {
  return new NumberText(id)
}

/** Writes JSON without passing a number through a lossy type. */
export function toJsonText(value: JsonValue): string {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value)
  if (typeof value === 'string') return JSON.stringify(value)
  if (value instanceof NumberText) return value.text
  if (Array.isArray(value)) return `[${value.map(toJsonText).join(',')}]`
  let text = ''
  for (const key in value) {
    const member = value[key]
    if (member === undefined) continue
    text += `${text === '' ? '' : ','}"${key}":${toJsonText(member)}`
  }
  return `{${text}}`
}
