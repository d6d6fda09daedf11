import { type Static, Type } from 'typebox'
import { InstantSchema } from './ids.ts'

/** Scopes of apps and personal access tokens. */
export const API_SCOPES = ['activities:read', 'account:read', 'account:delete'] as const

/** One of {@link API_SCOPES}. */
export type ApiScope = (typeof API_SCOPES)[number]

/** Descriptions of the scopes for athletes. */
export const SCOPE_TEXTS: Readonly<Record<ApiScope, string>> = {
  'activities:read': 'See your activities, and how far their import is',
  'account:read': 'See your name, your picture and which apps are connected',
  'account:delete': 'Disconnect you from ikigai, which erases everything stored about you',
}

/** Whether a text names a scope. */
export const isApiScope = (text: string): text is ApiScope => API_SCOPES.some((scope) => scope === text)

export const ApiScopeSchema = Type.Union(
  [Type.Literal('activities:read'), Type.Literal('account:read'), Type.Literal('account:delete')],
  { description: 'Name of a scope' },
)
const scopes = Type.Array(ApiScopeSchema, { minItems: 1, uniqueItems: true, description: 'What is allowed' })
const strict = { additionalProperties: false }

/** An app that the athlete has connected. */
export const ConnectedAppSchema = Type.Object(
  {
    id: Type.String({ description: "The app's client id" }),
    name: Type.String(),
    scopes,
    connected_at: InstantSchema,
    last_used_at: InstantSchema,
  },
  { $id: 'ConnectedApp', ...strict },
)

export const ConnectedAppsSchema = Type.Object(
  { data: Type.Array(ConnectedAppSchema) },
  { $id: 'ConnectedApps', ...strict },
)

/** A personal access token, without the token itself. */
export const PersonalTokenSchema = Type.Object(
  {
    id: Type.String(),
    name: Type.String({ description: 'Given by the athlete' }),
    scopes,
    created_at: InstantSchema,
    expires_at: InstantSchema,
  },
  { $id: 'PersonalToken', ...strict },
)

export const PersonalTokensSchema = Type.Object(
  { data: Type.Array(PersonalTokenSchema) },
  { $id: 'PersonalTokens', ...strict },
)

/** Request body for a new personal access token. */
export const NewPersonalTokenSchema = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 80,
      pattern: '\\S',
      description: 'So that you recognise it',
    }),
    scopes,
    expires_in_days: Type.Integer({
      minimum: 1,
      maximum: 366,
      description: 'It expires after this many days',
    }),
  },
  strict,
)

/** A personal access token that was just made: the only answer that holds the token. */
export const CreatedPersonalTokenSchema = Type.Object(
  { ...PersonalTokenSchema.properties, token: Type.String({ description: 'Shown this once' }) },
  { $id: 'CreatedPersonalToken', ...strict },
)

export type ConnectedApp = Static<typeof ConnectedAppSchema>
export type PersonalToken = Static<typeof PersonalTokenSchema>
export type NewPersonalToken = Static<typeof NewPersonalTokenSchema>
export type CreatedPersonalToken = Static<typeof CreatedPersonalTokenSchema>
