import {
  ActivityPageSchema,
  ActivitySchema,
  AthleteSchema,
  ConnectedAppSchema,
  ConnectedAppsSchema,
  CreatedPersonalTokenSchema,
  ImportStatusSchema,
  PersonalTokenSchema,
  PersonalTokensSchema,
} from '@ikigai/contracts'
import { type TSchema, Type } from 'typebox'
import { ExportLineSchema } from '../export/export-schema.ts'
import { ActivityChangesSchema, LiveMessageSchema } from '../live/live-event.ts'
import { ActivityWithDetailSchema, RandomActivitySchema, ServiceStatusSchema } from '../queries/schemas.ts'
import { PROBLEM_KINDS, type ProblemKind, type ProblemName } from './problem-kinds.ts'

/** A JSON object of the document. */
export type Json = { readonly [key: string]: unknown }

const NAMED: readonly (TSchema & { readonly $id?: string })[] = [
  ActivitySchema,
  ActivityPageSchema,
  ActivityWithDetailSchema,
  RandomActivitySchema,
  AthleteSchema,
  ImportStatusSchema,
  ServiceStatusSchema,
  ActivityChangesSchema,
  LiveMessageSchema,
  ExportLineSchema,
  ConnectedAppSchema,
  ConnectedAppsSchema,
  PersonalTokenSchema,
  PersonalTokensSchema,
  CreatedPersonalTokenSchema,
]
const NAMES = new Set(NAMED.map(({ $id }) => $id))

/** Reference to a named schema. */
export const componentRef = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })

/**
 * Plain JSON Schema in which named schemas are references. `additionalProperties: false` is removed, so that clients accept fields
 * that are added later.
 */
export function withRefs(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withRefs)
  if (typeof schema !== 'object' || schema === null) return schema
  if ('$id' in schema && typeof schema.$id === 'string' && NAMES.has(schema.$id))
    return componentRef(schema.$id)
  return asObject(schema)
}

const asObject = (schema: object): Json =>
  Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]) =>
      key === '$id' || (key === 'additionalProperties' && value === false) ? [] : [[key, withRefs(value)]],
    ),
  )

/** `no-activity-yet` → `NoActivityYetProblem`. */
export const problemComponent = (name: ProblemName) =>
  `${name.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}Problem`

/** All named schemas of the document. */
export function components(): Readonly<Record<string, Json>> {
  const named = NAMED.map((schema) => [schema.$id ?? '', asObject(schema)])
  return { ...Object.fromEntries(named), ...problemComponents() }
}

function problemComponents(): Readonly<Record<string, Json>> {
  const entries = Object.entries(PROBLEM_KINDS) as [ProblemName, ProblemKind][]
  return Object.fromEntries(
    entries.map(([name, kind]) => [problemComponent(name), asObject(problemSchema(name, kind))]),
  )
}

function problemSchema(name: ProblemName, { status, when, extensions = {} }: ProblemKind): TSchema {
  return Type.Object(
    {
      type: Type.Literal(`/problems/${name}`, { description: 'Its page, relative to this origin' }),
      title: Type.String({ description: 'For people; may change' }),
      status: Type.Literal(status),
      detail: Type.String({ description: 'What happened and what to do, for people' }),
      ...extensions,
    },
    { description: when },
  )
}
