import {
  ack,
  type Bus,
  type Disposition,
  FETCH_REQUESTS,
  type JsMsg,
  requestOfSubject,
  term,
} from '@ikigai/bus'
import type { Clock } from '@ikigai/chassis'
import { isValid } from '@ikigai/chassis/validation'
import type { Db, Tx } from '@ikigai/db'
import { type LockedAthlete, withAthleteLockAndRead } from '../activities/athlete-lock.ts'
import { deadLetter } from '../dead-letters.ts'
import { notifyOutcome } from '../notify-outcome.ts'
import { expediteResync } from '../resync/schedule.ts'
import { schedule } from '../schedule/schedule.ts'
import { acceptSignUp, type FoundImport, findImport } from './accept-sign-up.ts'
import { acceptViewed } from './accept-viewed.ts'

/** Dependencies of {@link handleRequest}. */
export interface RequestDeps {
  readonly db: Db
  readonly bus: Bus
  readonly clock: Clock
}

/**
 * Turns a request of another service into queue entries, in one idempotent transaction; the message is acknowledged after
 * the commit. A request for an athlete without an account is dropped.
 */
export async function handleRequest(deps: RequestDeps, message: JsMsg): Promise<Disposition> {
  const { db, bus, clock } = deps
  const named = requestOfSubject(message.subject)
  const body = bodyOf(message)
  const accept = named && acceptorOf(named.request, body)
  if (named === undefined || accept === undefined) {
    const reason = 'not a request of the fetcher'
    await deadLetter(bus, message, { source: 'fetch', athleteId: athleteNamedBy(message.subject) }, reason)
    return term(reason)
  }
  const { request, athleteId } = named
  const reply = await withAthleteLockAndRead(
    db,
    athleteId,
    (tx, athlete, found: FoundImport | undefined) => accept(tx, athlete, new Date(clock.now()), found),
    undefined,
    async (tx) => (request === 'signup' ? findImport(tx, athleteId) : undefined),
  )
  if (reply !== undefined) notifyOutcome(bus, [reply], 'stored')
  return ack
}

/** Queues the work of a request. @returns the inbox to notify at once, because the first page is stored already */
type Accept = (
  tx: Tx,
  athlete: LockedAthlete,
  now: Date,
  found: FoundImport | undefined,
) => Promise<string | undefined>

/** The function that accepts a request, with its parsed body; undefined if the body is invalid. */
function acceptorOf(request: keyof typeof FETCH_REQUESTS, body: unknown): Accept | undefined {
  switch (request) {
    case 'signup':
      if (!isValid(FETCH_REQUESTS.signup, body)) return undefined
      return async (tx, athlete, now, found) =>
        (await acceptSignUp(tx, athlete, body, found, now)) ? body.reply_to : undefined
    case 'resync':
      if (!isValid(FETCH_REQUESTS.resync, body)) return undefined
      return async (tx, { id }, now) => {
        await expediteResync(tx, id, now)
        return undefined
      }
    case 'viewed':
      if (!isValid(FETCH_REQUESTS.viewed, body)) return undefined
      return async (tx, { id }, now) => {
        await acceptViewed(tx, id, body.activity_id, now)
        return undefined
      }
    default: {
      if (!isValid(FETCH_REQUESTS.replay, body)) return undefined
      const { lane, activity_id: activityId } = body
      const isOfActivity = lane === 'newest' || lane === 'webhook'
      if (isOfActivity && activityId === undefined) return undefined
      return async (tx, { id: athleteId }, now) => {
        if (!isOfActivity) await schedule(tx, [{ lane, athleteId }], now)
        else if (activityId !== undefined) await schedule(tx, [{ lane, athleteId, activityId }], now)
        return undefined
      }
    }
  }
}

/** The athlete at the end of a subject, so that an erasure finds the dead letter; `0` if there is none. */
const athleteNamedBy = (subject: string) => /\.(\d{1,19})$/.exec(subject)?.[1] ?? '0'

function bodyOf(message: JsMsg): unknown {
  try {
    return message.json()
  } catch {
    return undefined
  }
}
