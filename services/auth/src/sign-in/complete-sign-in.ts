import type { Bus } from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { awaitFirstPage } from '../sign-up/await-first-page.ts'
import type { Connection, RecordedSignIn } from '../sign-up/sign-up.ts'
import type { Refusal } from './refusals.ts'
import type { StravaOauth } from './strava-oauth.ts'

/** What Strava adds to the callback's address, `state` apart. */
export interface CallbackAnswer {
  readonly code?: string
  readonly scope?: string
  readonly error?: string
}

/** An athlete whom Strava has vouched for. */
export interface SignedIn {
  readonly athleteId: StravaId
  /** Whether he came for the first time, or again after his connection had ended. */
  readonly isNew: boolean
  /** When his session begins: epoch ms. */
  readonly sessionFrom: number
}

/** What the callback came to. */
export type Completion =
  | SignedIn
  | { readonly refusal: Refusal; readonly extensions?: Readonly<Record<string, unknown>> }

/** Takes a sign-in, whose state has been checked, to its end. */
export type CompleteSignIn = (answer: CallbackAnswer) => Promise<Completion>

export interface CompleteSignInDeps {
  readonly oauth: StravaOauth
  readonly bus: Bus
  readonly clock: Clock
  readonly logger: Logger
  /** How long a sign-up waits for its first page: ms. */
  readonly signupWaitMs: number
  readonly record: (connection: Connection) => Promise<RecordedSignIn>
  /** Sends what the sign-up has left in the outbox. */
  readonly kick: () => void
}

/** Either lets us read activities (Strava API docs, authentication). */
const READING_SCOPES = ['activity:read_all', 'activity:read']

/**
 * Exchanges the code and records the athlete. A new one's first activities are waited for a moment, so that the page he
 * returns to can show one.
 */
export function createCompleteSignIn(deps: CompleteSignInDeps): CompleteSignIn {
  const { oauth, clock, logger } = deps
  return async ({ code, scope, error }) => {
    if (error !== undefined) return { refusal: error === 'access_denied' ? 'denied' : 'strava-refused' }
    if (code === undefined) return { refusal: 'code-missing' }
    const scopes = acceptedScopes(scope)
    if (!READING_SCOPES.some((reading) => scopes.includes(reading))) {
      return {
        refusal: 'scope-missing',
        extensions: { accepted: scopes, missing: READING_SCOPES.slice(0, 1) },
      }
    }
    const exchangedAt = clock.now()
    const exchange = await oauth.exchange(code)
    if (exchange.outcome === 'refused') {
      const { refusal, reason } = exchange
      logger.warn({ refusal, reason }, 'a code was not exchanged')
      return { refusal }
    }
    const { athlete, tokens } = exchange
    const { importing, sessionFrom } = await signUp(deps, { athlete, tokens, scopes, exchangedAt })
    return { athleteId: athlete.id, isNew: importing, sessionFrom }
  }
}

/** What the athlete allowed stands in the callback; the token response does not tell (recorded responses). */
function acceptedScopes(scope = ''): string[] {
  return scope.split(/[\s,]+/).filter((part) => /^[a-z_]+(:[a-z_]+)?$/.test(part))
}

async function signUp(deps: CompleteSignInDeps, connection: Connection): Promise<RecordedSignIn> {
  const { record, kick, logger } = deps
  const recorded = await record(connection)
  if (!recorded.importing) return recorded
  kick()
  const outcome = await awaitFirstPage(deps, connection.athlete.id)
  logger.info({ firstPage: outcome ?? 'not in time' }, 'signed up')
  return recorded
}
