import { type Activity, ActivitySchema } from '@ikigai/contracts'
import { InputError } from './input-error.ts'

/** A field of an activity. */
export type ActivityField = keyof Activity

/** Names of an activity's fields, in the order in which they are written. */
export const ACTIVITY_FIELDS: readonly string[] = Object.keys(ActivitySchema.properties)

/**
 * Reads `id,name,sport_type`: the fields that an answer is to have, each once, in the order of {@link ACTIVITY_FIELDS}.
 * @throws InputError when a name is no field
 */
export function parseFields(text: string): readonly ActivityField[] {
  const names = new Set(text.split(','))
  for (const name of names) {
    if (!isField(name)) throw new InputError('/fields', `An activity has no field '${name}'.`)
  }
  return ACTIVITY_FIELDS.filter((name) => names.has(name)).filter(isField)
}

/** An activity with these fields alone. */
export const withFields = (activity: Activity, fields: readonly ActivityField[]): Partial<Activity> =>
  Object.fromEntries(fields.map((name) => [name, activity[name]]))

const isField = (name: string): name is ActivityField => Object.hasOwn(ActivitySchema.properties, name)
