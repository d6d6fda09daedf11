import { EVENT_DATA } from './events.ts'
import { type Json, schemaDocument } from './json-schema.ts'
import { API, ApiErrorSchema } from './requests.ts'
import { EVENT_TYPES } from './subjects.ts'

/** The JSON Schema documents in the package's `schemas/`, by file name. */
export function schemaFiles(): ReadonlyMap<string, Json> {
  return new Map([
    ...EVENT_TYPES.map((type) => entry(`event.${type}`, EVENT_DATA[type])),
    ...Object.values(API).flatMap(({ subject, request, reply }) => {
      const name = subject.split('.').slice(3).join('.')
      return [entry(`request.${name}`, request), entry(`reply.${name}`, reply)]
    }),
    entry('error', ApiErrorSchema),
  ])
}

const entry = (name: string, schema: object): [string, Json] => [`${name}.json`, schemaDocument(name, schema)]
