import {
  ApiScopeSchema,
  CreatedPersonalTokenSchema,
  InstantSchema,
  NewPersonalTokenSchema,
  Nullable,
  StravaIdSchema,
} from '@ikigai/contracts'
import { type Static, Type } from 'typebox'
import { INTERNAL } from './subjects.ts'

const strict = { additionalProperties: false }
const app = Type.Object({ app_id: Type.String({ minLength: 1, maxLength: 64 }) }, strict)
const empty = Type.Object({}, strict)

const RegisteredAppSchema = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    redirect_uris: Type.Array(Type.String()),
    /** Origins whose pages may use the API from a browser. */
    origins: Type.Array(Type.String()),
    scopes: Type.Array(ApiScopeSchema),
    /** Whether it has a secret. Apps in a browser or on a phone are public clients and have none. */
    confidential: Type.Boolean(),
    created_at: InstantSchema,
  },
  strict,
)

/** An app as the operator registered it. */
export type RegisteredApp = Static<typeof RegisteredAppSchema>

const AppWithSecretSchema = Type.Object(
  { ...RegisteredAppSchema.properties, secret: Nullable(Type.String({ description: 'Shown this once' })) },
  strict,
)

/** Requests about apps and personal access tokens, which auth answers. */
export const APP_REQUESTS = {
  appAdd: {
    subject: INTERNAL.appAdd,
    request: Type.Object(
      {
        name: Type.String({ minLength: 1, maxLength: 80, pattern: '\\S' }),
        redirect_uris: Type.Array(Type.String({ maxLength: 256 }), { maxItems: 20 }),
        origins: Type.Array(Type.String({ maxLength: 256 }), { maxItems: 20 }),
        scopes: Type.Array(ApiScopeSchema, { minItems: 1, uniqueItems: true }),
        confidential: Type.Boolean(),
      },
      strict,
    ),
    reply: AppWithSecretSchema,
  },
  appList: {
    subject: INTERNAL.appList,
    request: empty,
    reply: Type.Object({ apps: Type.Array(RegisteredAppSchema) }, strict),
  },
  /** Replaces the secret; the old one ends at once. */
  appRotate: { subject: INTERNAL.appRotate, request: app, reply: AppWithSecretSchema },
  /** Ends every connection of the app as well. */
  appRemove: { subject: INTERNAL.appRemove, request: app, reply: empty },
  /** Ends every connection of one athlete to an app. */
  appDisconnect: {
    subject: INTERNAL.appDisconnect,
    request: Type.Object({ athlete_id: StravaIdSchema, ...app.properties }, strict),
    reply: empty,
  },
  tokenCreate: {
    subject: INTERNAL.tokenCreate,
    request: Type.Object({ athlete_id: StravaIdSchema, ...NewPersonalTokenSchema.properties }, strict),
    reply: CreatedPersonalTokenSchema,
  },
  tokenEnd: {
    subject: INTERNAL.tokenEnd,
    request: Type.Object({ athlete_id: StravaIdSchema, token_id: Type.String({ maxLength: 64 }) }, strict),
    reply: empty,
  },
} as const
