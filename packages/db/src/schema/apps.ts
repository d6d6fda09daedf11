import { boolean, index, pgTable, text } from 'drizzle-orm/pg-core'
import { athletes } from './athletes.ts'
import { instant, stravaId } from './columns.ts'

/** OAuth clients registered by the operator. Written by auth. */
export const apps = pgTable('apps', {
  /** The client id. */
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  /** SHA-256, hex; null for a public client. */
  secretHash: text('secret_hash'),
  redirectUris: text('redirect_uris').array().notNull(),
  /** Origins whose pages may use the API from a browser. */
  origins: text('origins').array().notNull(),
  /** Scopes that it may request. */
  scopes: text('scopes').array().notNull(),
  /** Part of the release: registered by auth itself. */
  builtIn: boolean('built_in').notNull().default(false),
  createdAt: instant('created_at').notNull(),
})

const appId = () =>
  text('app_id')
    .notNull()
    .references(() => apps.id, { onDelete: 'cascade' })
const athleteId = () =>
  stravaId('athlete_id')
    .notNull()
    .references(() => athletes.id, { onDelete: 'cascade' })

/** Authorization codes: single use, valid for a minute. */
export const appCodes = pgTable(
  'app_codes',
  {
    /** SHA-256 of the code, hex. */
    codeHash: text('code_hash').primaryKey(),
    appId: appId(),
    athleteId: athleteId(),
    redirectUri: text('redirect_uri').notNull(),
    /** S256, base64url. */
    codeChallenge: text('code_challenge').notNull(),
    scopes: text('scopes').array().notNull(),
    expiresAt: instant('expires_at').notNull(),
    usedAt: instant('used_at'),
    /** The connection created with it, which ends if the code is presented again. */
    connectionId: text('connection_id'),
  },
  (table) => [
    index('app_codes_expires_at_idx').on(table.expiresAt),
    index('app_codes_athlete_idx').on(table.athleteId),
    index('app_codes_app_idx').on(table.appId),
  ],
)

/** One authorization of an app by an athlete: a family of refresh tokens that ends as a whole. */
export const appConnections = pgTable(
  'app_connections',
  {
    /** Also the `sid` of its access tokens, under which they are revoked. */
    id: text('id').primaryKey(),
    appId: appId(),
    athleteId: athleteId(),
    scopes: text('scopes').array().notNull(),
    connectedAt: instant('connected_at').notNull(),
    /** When it last got an access token. */
    lastUsedAt: instant('last_used_at').notNull(),
    /** When its newest refresh token expires. */
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [
    index('app_connections_athlete_idx').on(table.athleteId, table.appId),
    index('app_connections_app_idx').on(table.appId),
    index('app_connections_expires_at_idx').on(table.expiresAt),
  ],
)

/** Refresh tokens: single use; used ones are kept to detect a replay. */
export const appRefreshTokens = pgTable(
  'app_refresh_tokens',
  {
    /** SHA-256 of the token, hex. */
    tokenHash: text('token_hash').primaryKey(),
    connectionId: text('connection_id')
      .notNull()
      .references(() => appConnections.id, { onDelete: 'cascade' }),
    expiresAt: instant('expires_at').notNull(),
    usedAt: instant('used_at'),
  },
  (table) => [
    index('app_refresh_tokens_connection_idx').on(table.connectionId),
    index('app_refresh_tokens_expires_at_idx').on(table.expiresAt),
  ],
)

/** Personal access tokens for scripts, made by the athlete. Written by auth, looked up by the gateways. */
export const personalTokens = pgTable(
  'personal_tokens',
  {
    /** Also the `sid` under which it is revoked. */
    id: text('id').primaryKey(),
    /** SHA-256 of the token, hex. */
    tokenHash: text('token_hash').notNull().unique(),
    athleteId: athleteId(),
    name: text('name').notNull(),
    scopes: text('scopes').array().notNull(),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [
    index('personal_tokens_athlete_idx').on(table.athleteId),
    index('personal_tokens_expires_at_idx').on(table.expiresAt),
  ],
)
