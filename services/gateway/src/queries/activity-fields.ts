import { type Activity, ActivitySchema } from '@ikigai/contracts'
import { InputError } from './input-error.ts'

/** A field of an activity. */
export type ActivityField = keyof Activity

/** Names of an activity's fields, in the order in which they are written. */
export const ACTIVITY_FIELDS: readonly string[] = Object.keys(ActivitySchema.properties)

/**
 * Parses a list of fields such as `id,name,sport_type`. @returns each once, in the order of {@link ACTIVITY_FIELDS}
 * @throws InputError if a name is not a field
 */
export function parseFields(text: string): readonly ActivityField[] {
  const names = new Set(text.split(','))
  for (const name of names) {
    if (!isField(name)) throw new InputError('/fields', `An activity has no field '${name}'.`)
  }
  return ACTIVITY_FIELDS.filter((name) => names.has(name)).filter(isField)
}

/** An activity with these fields only. */
export const withFields = (activity: Activity, fields: readonly ActivityField[]): Partial<Activity> =>
  Object.fromEntries(fields.map((name) => [name, activity[name]]))

const isField = (name: string): name is ActivityField => Object.hasOwn(ActivitySchema.properties, name)
