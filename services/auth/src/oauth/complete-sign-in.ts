import { type Bus, INTERNAL_SIGNALS, publishSignal } from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { REQUESTED_SCOPES, readingRights } from '@ikigai/strava'
import type { SignUp, SignUpObstacle } from '../sign-up/sign-up.ts'
import { awaitFirstPage, requestImport } from './await-first-page.ts'
import type { CodeExchange } from './code-exchange.ts'
import type { Connection, ConnectResult } from './connect-athlete.ts'
import type { Refusal } from './refusals.ts'
import type { StravaOauth } from './strava-oauth.ts'

/** Query parameters of the callback except `state`, and the invitation of the sign-in. */
export interface CallbackAnswer {
  readonly code?: string
  readonly scope?: string
  readonly error?: string
  /** Token of the invitation with which the sign-in began. */
  readonly invitation?: string | undefined
}

/** An athlete whom Strava has authenticated. */
export interface SignedIn {
  readonly athleteId: StravaId
  /** Whether a new import has begun: a first sign-in, or one after the connection had ended. */
  readonly isNew: boolean
  /** When the session begins: epoch ms. */
  readonly sessionStart: number
}

/** The result of a callback. */
export type Completion =
  | SignedIn
  | { readonly refusal: Refusal; readonly extensions?: Readonly<Record<string, unknown>> }

/** Completes a sign-in whose state has been verified. */
export type CompleteSignIn = (answer: CallbackAnswer) => Promise<Completion>

export interface CompleteSignInDeps {
  readonly oauth: StravaOauth
  readonly bus: Bus
  readonly clock: Clock
  readonly logger: Logger
  /** How long a sign-up waits for its first page: ms. */
  readonly signupWaitMs: number
  readonly connectAthlete: (connection: Connection) => Promise<ConnectResult | { refusal: SignUpObstacle }>
  readonly signUp: Pick<SignUp, 'recordCapacityRefusal'>
  /** Wakes the outbox relay. */
  readonly wakeRelay: () => void
}

/** Delay before the second attempt: a fresh code may not have reached all of Strava's servers yet. */
const CODE_RETRY_MS = 400

/**
 * Creates the function that exchanges the code and connects the athlete. A sign-up waits up to `signupWaitMs` for the first page
 * of activities, so that the athlete returns to a page that can show one.
 */
export function createCompleteSignIn(deps: CompleteSignInDeps): CompleteSignIn {
  const { bus, clock, logger } = deps
  return async ({ code, scope, error, invitation }) => {
    if (error !== undefined) return { refusal: error === 'access_denied' ? 'denied' : 'strava-refused' }
    if (code === undefined) return { refusal: 'code-missing' }
    const scopes = acceptedScopes(scope)
    if (readingRights(scopes) === 'none')
      return {
        refusal: 'scope-missing',
        extensions: { accepted: scopes, missing: ['activity:read'] },
      }
    const exchangedAt = clock.now()
    const exchange = await exchangeFresh(deps, code)
    if (exchange.outcome === 'refused') {
      const { refusal, reason } = exchange
      logger.warn({ refusal, reason }, 'Strava did not exchange the code')
      if (refusal === 'strava-unavailable' || refusal === 'strava-timeout')
        publishSignal(bus, INTERNAL_SIGNALS.stravaFailed.subject, {})
      if (refusal === 'athlete-capacity') await deps.signUp.recordCapacityRefusal()
      return { refusal }
    }
    const { athlete, tokens } = exchange
    const connection = { athlete, tokens, scopes, exchangedAt, invitation }
    const connected = await recordAndAwaitFirstPage(deps, connection)
    if ('refusal' in connected) return connected
    return { athleteId: athlete.id, isNew: connected.importing, sessionStart: connected.sessionStart }
  }
}

/** Exchanges a fresh code; retries once if Strava rejects the code. */
async function exchangeFresh({ oauth, clock }: CompleteSignInDeps, code: string): Promise<CodeExchange> {
  const first = await oauth.exchange(code)
  if (first.outcome !== 'refused' || first.refusal !== 'code-invalid') return first
  await clock.sleep(CODE_RETRY_MS)
  return oauth.exchange(code)
}

/**
 * The scopes of the callback that ikigai knows; the token response does not name them (recorded responses). The browser can
 * change the callback's URL, so unknown scopes are ignored and never stored.
 */
function acceptedScopes(scope = ''): string[] {
  const accepted = scope.split(/[\s,]+/)
  return REQUESTED_SCOPES.filter((known) => accepted.includes(known))
}

async function recordAndAwaitFirstPage(
  deps: CompleteSignInDeps,
  connection: Connection,
): Promise<ConnectResult | { readonly refusal: SignUpObstacle }> {
  const { logger, connectAthlete, wakeRelay } = deps
  const recorded = await connectAthlete(connection)
  if ('refusal' in recorded) return recorded
  if (!recorded.importing) return recorded
  wakeRelay()
  if (!recorded.isUrgent) {
    await requestImport(deps, connection.athlete.id, { urgent: false })
    logger.info('signed up; the first page waits in the backfill lane')
    return recorded
  }
  const outcome = await awaitFirstPage(deps, connection.athlete.id)
  logger.info({ firstPage: outcome ?? 'not in time' }, 'signed up')
  return recorded
}
