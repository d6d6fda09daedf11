import { type Bus, expectNotice, requestFetch, SignupOutcomeSchema } from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'

/** What waiting for a first page needs. */
export interface FirstPageDeps {
  readonly bus: Bus
  readonly clock: Clock
  readonly logger: Logger
  /** How long a sign-up waits for its first page: ms. */
  readonly signupWaitMs: number
}

/** A request that nobody has answered for this long may have been lost; asking twice does no harm. */
const ASK_AGAIN_MS = 1_000

/**
 * Asks the fetcher for an athlete's first page, and waits for what becomes of it. Should no request arrive at all, the fetcher
 * finds the new connection by itself a little later.
 * @returns undefined when there was no word in time
 */
export async function awaitFirstPage(
  { bus, clock, logger, signupWaitMs }: FirstPageDeps,
  athleteId: StravaId,
): Promise<'stored' | 'waiting' | 'blocked' | undefined> {
  const notice = expectNotice(bus, SignupOutcomeSchema, signupWaitMs)
  const answered = new AbortController()
  void notice.received.then(() => answered.abort())
  const ask = async () => {
    while (!answered.signal.aborted) {
      await requestFetch(bus, 'signup', athleteId, { reply_to: notice.inbox }).catch((error: unknown) => {
        logger.warn({ err: error }, 'the fetcher could not be asked for a first page; asking again')
      })
      await clock.sleep(ASK_AGAIN_MS, answered.signal)
    }
  }
  void ask()
  return (await notice.received)?.outcome
}
