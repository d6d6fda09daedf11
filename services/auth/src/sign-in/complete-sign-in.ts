import type { Bus } from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { READING_SCOPES, readingRights } from '@ikigai/strava'
import { awaitFirstPage, requestImport } from '../sign-up/await-first-page.ts'
import type { Connection, RecordedSignIn } from '../sign-up/sign-up.ts'
import type { CodeExchange } from './code-exchange.ts'
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

/** A code that Strava has just issued may not be known yet where it is exchanged: ms until the second try. */
const CODE_RETRY_MS = 400

/**
 * Exchanges the code and records the athlete. A new one's first activities are waited for a moment, so that the page he
 * returns to can show one.
 */
export function createCompleteSignIn(deps: CompleteSignInDeps): CompleteSignIn {
  const { clock, logger } = deps
  return async ({ code, scope, error }) => {
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
      logger.warn({ refusal, reason }, 'a code was not exchanged')
      return { refusal }
    }
    const { athlete, tokens } = exchange
    const { importing, sessionFrom } = await signUp(deps, { athlete, tokens, scopes, exchangedAt })
    return { athleteId: athlete.id, isNew: importing, sessionFrom }
  }
}

/** Exchanges a code whose sign-in has not been completed before; a refusal of the code is believed the second time. */
async function exchangeFresh({ oauth, clock }: CompleteSignInDeps, code: string): Promise<CodeExchange> {
  const first = await oauth.exchange(code)
  if (first.outcome !== 'refused' || first.refusal !== 'code-invalid') return first
  await clock.sleep(CODE_RETRY_MS)
  return oauth.exchange(code)
}

/**
 * The scopes of the callback that ikigai knows; the token response does not name them (recorded responses). The address of
 * the callback is the browser's to change, so all others are ignored and never stored.
 */
function acceptedScopes(scope = ''): string[] {
  const accepted = scope.split(/[\s,]+/)
  return READING_SCOPES.filter((known) => accepted.includes(known))
}

async function signUp(deps: CompleteSignInDeps, connection: Connection): Promise<RecordedSignIn> {
  const { record, kick, logger } = deps
  const recorded = await record(connection)
  if (!recorded.importing) return recorded
  kick()
  if (!recorded.isUrgent) {
    await requestImport(deps, connection.athlete.id, { urgent: false })
    logger.info('signed up; the first page waits in the lane of the histories')
    return recorded
  }
  const outcome = await awaitFirstPage(deps, connection.athlete.id)
  logger.info({ firstPage: outcome ?? 'not in time' }, 'signed up')
  return recorded
}
