import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

const compiled = new WeakMap<TSchema, ReturnType<typeof Compile>>()

function validatorOf(schema: TSchema) {
  const known = compiled.get(schema)
  if (known !== undefined) return known
  const validator = Compile(schema)
  compiled.set(schema, validator)
  return validator
}

/** Whether a value matches the schema; compiles each schema once. */
export function isValid<T extends TSchema>(schema: T, value: unknown): value is Static<T> {
  return validatorOf(schema).Check(value)
}

/** Faults of a value against its schema, ten at most. */
export function validationErrors(schema: TSchema, value: unknown): { pointer: string; detail: string }[] {
  const faults = validatorOf(schema).Errors(value).slice(0, 10)
  return faults.map(({ instancePath, message }) => ({ pointer: instancePath, detail: message }))
}
