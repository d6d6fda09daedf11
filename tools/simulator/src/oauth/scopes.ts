import type { Scope } from './schemas.ts'

const ALL_SCOPES: readonly Scope[] = [
  'read',
  'read_all',
  'profile:read_all',
  'profile:write',
  'activity:read',
  'activity:read_all',
  'activity:write',
]

function isScope(text: string): text is Scope {
  return ALL_SCOPES.some((scope) => scope === text)
}

/** Parses a comma-separated scope list; undefined if one of them is not a scope (a space is not a separator). */
export function parseScopes(text: string): Scope[] | undefined {
  const names = text.split(',').filter((name) => name !== '')
  const scopes = names.filter(isScope)
  return scopes.length === names.length ? scopes : undefined
}

/** The scopes that the athlete accepts: the requested ones left ticked. `read` is always among them. */
export function acceptedScopes(requested: readonly Scope[], ticked: readonly Scope[]): Scope[] {
  return ALL_SCOPES.filter(
    (scope) => scope === 'read' || (requested.includes(scope) && ticked.includes(scope)),
  )
}

/** Whether the application may read activities. */
export function mayReadActivities(scopes: readonly Scope[]): boolean {
  return scopes.includes('activity:read') || scopes.includes('activity:read_all')
}

/** Whether it may also read "Only You" activities. */
export function mayReadPrivateActivities(scopes: readonly Scope[]): boolean {
  return scopes.includes('activity:read_all')
}
