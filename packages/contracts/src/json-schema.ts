/** A JSON value. */
export type Json = { readonly [key: string]: unknown }

/** A schema as plain JSON, with references in place of named schemas (`$id`). */
export interface Referring {
  readonly schema: Json
  /** The schemas referred to, by their names. */
  readonly named: ReadonlyMap<string, Json>
}

/** @param place prefix of references to named schemas, such as `#/$defs/` */
export function withReferences(schema: object, place: string): Referring {
  const named = new Map<string, Json>()
  const plain = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(plain)
    if (typeof value !== 'object' || value === null) return value
    const name = '$id' in value ? String(value.$id) : undefined
    if (name === undefined) return members(value)
    if (!named.has(name)) named.set(name, members(value))
    return { $ref: `${place}${name}` }
  }
  const members = (value: object): Json =>
    Object.fromEntries(
      Object.entries(value).flatMap(([key, part]) => (key === '$id' ? [] : [[key, plain(part)]])),
    )
  return { schema: members(schema), named }
}

/** A JSON Schema document (draft 2020-12) without external references. */
export function schemaDocument(title: string, schema: object): Json {
  const { schema: body, named } = withReferences(schema, '#/$defs/')
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title,
    ...body,
    ...(named.size === 0 ? {} : { $defs: Object.fromEntries(named) }),
  }
}
