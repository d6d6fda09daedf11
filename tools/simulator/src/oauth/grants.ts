import { randomBytes } from 'node:crypto'
import type { StravaId } from '../ids.ts'
import type { Clock } from '../options.ts'
import type { SimulatorSettings } from '../settings.ts'
import type { IssuedTokens, SavedGrants, Scope } from './schemas.ts'

/** An access token is handed out again while it has more than this left (Strava API docs, authentication). */
const REUSE_ABOVE_SECONDS = 3600

interface AccessToken {
  text: string
  /** Epoch seconds. */
  expiresAt: number
}

/** The grant of an athlete to the application. */
export interface Grant {
  athleteId: StravaId
  scopes: Scope[]
  refreshToken: string
  /** Newest last; older ones stay valid until they expire. */
  accessTokens: AccessToken[]
}

interface AuthorizationCode {
  athleteId: StravaId
  scopes: Scope[]
  expiresAt: number
}

/** Codes and tokens of all grants. */
export interface Grants {
  issueCode(athleteId: StravaId, scopes: Scope[]): string
  /** Takes a code away; undefined if it is unknown, used or too old. */
  redeemCode(code: string): AuthorizationCode | undefined
  /** Creates the athlete's grant, or changes the scopes of the existing one. */
  authorize(athleteId: StravaId, scopes: Scope[]): IssuedTokens
  /** Undefined if the token is not the current one of any grant. */
  refresh(refreshToken: string): IssuedTokens | undefined
  /** The grant of a valid access token. */
  byAccessToken(accessToken: string): Grant | undefined
  /** The grant that a token of either kind belongs to. */
  byAnyToken(token: string): Grant | undefined
  byAthlete(athleteId: StravaId): Grant | undefined
  tokens(athleteId: StravaId): IssuedTokens | undefined
  connectedCount(): number
  expire(athleteId?: StravaId): void
  revoke(grant: Grant): void
  save(): SavedGrants
  /** Replaces all grants by saved ones. */
  restore(saved: SavedGrants): void
  clear(): void
}

function newToken(): string {
  return randomBytes(20).toString('hex')
}

interface GrantsState {
  clock: Clock
  settings: () => SimulatorSettings
  grants: Map<StravaId, Grant>
  codes: Map<string, AuthorizationCode>
  owners: Map<string, Grant>
}

function nowSeconds(state: GrantsState): number {
  return Math.floor(state.clock.now() / 1000)
}

function issued(grant: Grant, access: AccessToken): IssuedTokens {
  return {
    accessToken: access.text,
    refreshToken: grant.refreshToken,
    expiresAt: access.expiresAt,
    scopes: [...grant.scopes],
  }
}

function issueAccessToken(state: GrantsState, grant: Grant): AccessToken {
  const { accessTokenLifetimeSeconds } = state.settings()
  const now = nowSeconds(state)
  for (const old of grant.accessTokens) if (old.expiresAt <= now) state.owners.delete(old.text)
  const access = { text: newToken(), expiresAt: now + accessTokenLifetimeSeconds }
  grant.accessTokens = [...grant.accessTokens.filter(({ expiresAt }) => expiresAt > now), access]
  state.owners.set(access.text, grant)
  return access
}

function reusableAccessToken(state: GrantsState, grant: Grant): AccessToken | undefined {
  const newest = grant.accessTokens.at(-1)
  return newest !== undefined && newest.expiresAt - nowSeconds(state) > REUSE_ABOVE_SECONDS
    ? newest
    : undefined
}

function rotateRefreshToken(state: GrantsState, grant: Grant): void {
  state.owners.delete(grant.refreshToken)
  grant.refreshToken = newToken()
  state.owners.set(grant.refreshToken, grant)
}

function authorize(state: GrantsState, athleteId: StravaId, scopes: Scope[]): IssuedTokens {
  const known = state.grants.get(athleteId)
  const grant = known ?? { athleteId, scopes, refreshToken: newToken(), accessTokens: [] }
  const isSame = grant.scopes.join() === scopes.join()
  grant.scopes = scopes
  state.grants.set(athleteId, grant)
  state.owners.set(grant.refreshToken, grant)
  const reusable = isSame ? reusableAccessToken(state, grant) : undefined
  return issued(grant, reusable ?? issueAccessToken(state, grant))
}

function refresh(state: GrantsState, refreshToken: string): IssuedTokens | undefined {
  const grant = state.owners.get(refreshToken)
  if (grant === undefined || grant.refreshToken !== refreshToken) return undefined
  const rotation = state.settings().refreshTokenRotation
  const reusable = reusableAccessToken(state, grant)
  const access = reusable ?? issueAccessToken(state, grant)
  if (rotation === 'always' || (rotation === 'with-access-token' && reusable === undefined)) {
    rotateRefreshToken(state, grant)
  }
  return issued(grant, access)
}

function revoke(state: GrantsState, grant: Grant): void {
  state.grants.delete(grant.athleteId)
  state.owners.delete(grant.refreshToken)
  for (const { text } of grant.accessTokens) state.owners.delete(text)
}

function clear(state: GrantsState): void {
  state.grants.clear()
  state.codes.clear()
  state.owners.clear()
}

function restore(state: GrantsState, saved: SavedGrants): void {
  clear(state)
  for (const grant of structuredClone(saved)) {
    state.grants.set(grant.athleteId, grant)
    state.owners.set(grant.refreshToken, grant)
    for (const { text } of grant.accessTokens) state.owners.set(text, grant)
  }
}

/** Creates an empty set of grants. */
export function createGrants(clock: Clock, settings: () => SimulatorSettings): Grants {
  const state: GrantsState = { clock, settings, grants: new Map(), codes: new Map(), owners: new Map() }
  return {
    issueCode(athleteId, scopes) {
      const code = newToken()
      const expiresAt = nowSeconds(state) + settings().authorizationCodeLifetimeSeconds
      state.codes.set(code, { athleteId, scopes, expiresAt })
      return code
    },
    redeemCode(code) {
      const found = state.codes.get(code)
      state.codes.delete(code)
      return found !== undefined && found.expiresAt > nowSeconds(state) ? found : undefined
    },
    authorize: (athleteId, scopes) => authorize(state, athleteId, scopes),
    refresh: (refreshToken) => refresh(state, refreshToken),
    byAccessToken(accessToken) {
      const grant = state.owners.get(accessToken)
      const token = grant?.accessTokens.find(({ text }) => text === accessToken)
      return token !== undefined && token.expiresAt > nowSeconds(state) ? grant : undefined
    },
    byAnyToken: (token) => state.owners.get(token),
    byAthlete: (athleteId) => state.grants.get(athleteId),
    tokens(athleteId) {
      const grant = state.grants.get(athleteId)
      const newest = grant?.accessTokens.at(-1)
      return grant && newest && issued(grant, newest)
    },
    connectedCount: () => state.grants.size,
    expire(athleteId) {
      for (const grant of state.grants.values()) {
        if (athleteId !== undefined && grant.athleteId !== athleteId) continue
        for (const token of grant.accessTokens) token.expiresAt = Math.min(token.expiresAt, nowSeconds(state))
      }
    },
    revoke: (grant) => revoke(state, grant),
    save: () => structuredClone([...state.grants.values()]),
    restore: (saved) => restore(state, saved),
    clear: () => clear(state),
  }
}
