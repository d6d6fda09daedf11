import type { TSchema } from 'typebox'

/**
 * The same schema without additional fields, for writers. Published schemas are open, so that
 * existing readers accept fields that are added later.
 */
export function closed<Schema extends TSchema>(schema: Schema): Schema {
  return Object.assign({}, schema, closedParts(schema))
}

function closedParts(schema: object): object {
  const parts = Object.entries(schema).map(([key, value]): [string, unknown] => [key, closedPart(value)])
  const isObject = 'properties' in schema && !('additionalProperties' in schema)
  return { ...Object.fromEntries(parts), ...(isObject ? { additionalProperties: false } : {}) }
}

function closedPart(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closedPart)
  return typeof value === 'object' && value !== null ? closedParts(value) : value
}
