import { type Static, Type } from 'typebox'
import { AutoApproveSchema } from './oauth/schemas.ts'

export const SettingsSchema = Type.Object(
  {
    /** The application's Authorization Callback Domain; localhost and 127.0.0.1 are always allowed. */
    callbackDomain: Type.String(),
    /** When a refresh hands out a new refresh token (the older one is then invalid). Default `always`. */
    refreshTokenRotation: Type.Union([
      Type.Literal('always'),
      Type.Literal('with-access-token'),
      Type.Literal('never'),
    ]),
    /** How many athletes may be connected at once; null: no limit. */
    athleteCapacity: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
    /** False: every API call answers 403 Inactive, as when the developer's subscription lapses. */
    applicationActive: Type.Boolean(),
    accessTokenLifetimeSeconds: Type.Integer({ minimum: 1 }),
    authorizationCodeLifetimeSeconds: Type.Integer({ minimum: 1 }),
    /** Answers the authorize page at once, as this athlete; null: the page is shown. */
    autoApprove: Type.Union([AutoApproveSchema, Type.Null()]),
    /** How long a webhook or its handshake may take to answer. Strava: 2 s. */
    webhookTimeoutMs: Type.Integer({ minimum: 1 }),
    /** Pause between the (at most three) attempts of a delivery. Observed: about 60 s. */
    webhookRetryDelayMs: Type.Integer({ minimum: 0 }),
    /** Key of `X-Strava-Signature`; null: the header is not sent. */
    webhookSigningSecret: Type.Union([Type.String(), Type.Null()]),
    /** Whether a 429 carries `Retry-After` (seconds to the window's edge). Unconfirmed of Strava: default false. */
    retryAfter: Type.Boolean(),
    /** Share (0 to 1) of list pages that leave up to a tenth of their items, one at least, to the next page. */
    listShortPages: Type.Number({ minimum: 0, maximum: 1 }),
    /** Share of list pages that show the athlete's page before it once more. */
    listRepeats: Type.Number({ minimum: 0, maximum: 1 }),
    /** Share of list pages that come back empty, though there are activities. */
    listHoles: Type.Number({ minimum: 0, maximum: 1 }),
  },
  { additionalProperties: false },
)
export type SimulatorSettings = Static<typeof SettingsSchema>
export const SettingsChangesSchema = Type.Partial(SettingsSchema, { additionalProperties: false })
export type SettingsChanges = Static<typeof SettingsChangesSchema>

/** Sets the clock. It runs on from there unless frozen. */
export const ClockSettingSchema = Type.Object(
  {
    /** Epoch ms, or ISO 8601. */
    now: Type.Union([Type.Number(), Type.String()]),
    frozen: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)
export type ClockSetting = Static<typeof ClockSettingSchema>

export const DEFAULT_SETTINGS: SimulatorSettings = {
  callbackDomain: 'localhost',
  refreshTokenRotation: 'always',
  athleteCapacity: null,
  applicationActive: true,
  accessTokenLifetimeSeconds: 21_600,
  authorizationCodeLifetimeSeconds: 300,
  autoApprove: null,
  webhookTimeoutMs: 2_000,
  webhookRetryDelayMs: 60_000,
  webhookSigningSecret: null,
  retryAfter: false,
  listShortPages: 0,
  listRepeats: 0,
  listHoles: 0,
}
