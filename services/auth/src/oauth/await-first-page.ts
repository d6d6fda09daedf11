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

/** An unanswered request is repeated after this time; requests are idempotent. */
const ASK_AGAIN_MS = 1_000

/**
 * Asks the fetcher to import an athlete's history. Should the request not arrive, the fetcher finds the new connection by
 * itself a little later.
 */
export async function requestImport(
  { bus, logger }: Pick<FirstPageDeps, 'bus' | 'logger'>,
  athleteId: StravaId,
  body: FetchRequestBody<'signup'>,
): Promise<void> {
  await requestFetch(bus, 'signup', athleteId, body).catch((error: unknown) => {
    logger.warn({ err: error }, 'the fetcher could not be asked for an import')
  })
}

/**
 * Asks the fetcher for an athlete's first page, and waits for what becomes of it.
 * @returns undefined when there was no word in time
 */
export async function awaitFirstPage(
  { bus, clock, logger, signupWaitMs }: FirstPageDeps,
  athleteId: StravaId,
): Promise<'stored' | 'waiting' | 'blocked' | undefined> {
  const notice = awaitReply(bus, SignupOutcomeSchema, signupWaitMs)
  const answered = new AbortController()
  void notice.received.then(() => answered.abort())
  const ask = async () => {
    while (!answered.signal.aborted) {
      await requestImport({ bus, logger }, athleteId, { reply_to: notice.inbox })
      await clock.sleep(ASK_AGAIN_MS, answered.signal)
    }
  }
  void ask()
  return (await notice.received)?.outcome
}
