import { awaitReply, type Bus, type FetchRequestBody, requestFetch, SignupOutcomeSchema } from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'

/** Dependencies of {@link awaitFirstPage}. */
export interface FirstPageDeps {
  readonly bus: Bus
  readonly clock: Clock
  readonly logger: Logger
  /** How long a sign-up waits for its first page: ms. */
  readonly signupWaitMs: number
}

/** An unanswered request is repeated after this time: ms. Requests are idempotent. */
const REQUEST_INTERVAL_MS = 1_000

/**
 * Requests the import of an athlete's history from the fetcher. A failure is logged only, because the fetcher finds a connection
 * without an import by itself a little later.
 */
export async function requestImport(
  { bus, logger }: Pick<FirstPageDeps, 'bus' | 'logger'>,
  athleteId: StravaId,
  body: FetchRequestBody<'signup'>,
): Promise<void> {
  await requestFetch(bus, 'signup', athleteId, body).catch((error: unknown) => {
    logger.warn({ err: error }, 'import could not be requested; the fetcher will find the new connection')
  })
}

/**
 * Requests an athlete's first page from the fetcher, and waits for the outcome.
 * @returns undefined if there was no reply within `signupWaitMs`
 */
export async function awaitFirstPage(
  { bus, clock, logger, signupWaitMs }: FirstPageDeps,
  athleteId: StravaId,
): Promise<'stored' | 'waiting' | 'blocked' | undefined> {
  const reply = awaitReply(bus, SignupOutcomeSchema, signupWaitMs)
  const answered = new AbortController()
  void reply.received.then(() => answered.abort())
  const requestUntilAnswered = async () => {
    while (!answered.signal.aborted) {
      await requestImport({ bus, logger }, athleteId, { reply_to: reply.inbox })
      await clock.sleep(REQUEST_INTERVAL_MS, answered.signal)
    }
  }
  void requestUntilAnswered()
  return (await reply.received)?.outcome
}
