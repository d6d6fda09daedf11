export {
  ACCESS_TOKEN_TTL_MS,
  type AccessTokenMint,
  type AccessTokenVerifier,
  type AppAccess,
  createAccessTokenMint,
  createAccessTokenVerifier,
} from './access-token.ts'
export { deriveKeys, newSecret, secretHash, TOKEN_PREFIX } from './credentials.ts'
export { type MintSessionOptions, mintSession } from './mint-session.ts'
export { createRevocations, type Revocations, type RevocationsOptions } from './revocations.ts'
export { comesFromOwnPages } from './same-origin.ts'
export { DEFAULT_SESSION_TTL_MS, type Session } from './session.ts'
export {
  type PresentedToken,
  readSessionToken,
  type SessionCookie,
  sessionCookie,
  type TokenSources,
} from './session-cookie.ts'
export {
  createSessionVerifier,
  type SessionVerifier,
  type SessionVerifierOptions,
} from './session-verifier.ts'
