import { LANES, type StravaId, StravaIdSchema, SUBJECT_ROOT } from '@ikigai/contracts'
import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false }

/** Requests that other services and operators send to the fetcher, with their bodies; stored in `FETCH` until accepted. */
export const FETCH_REQUESTS = {
  /**
   * Import of an athlete who has connected. `reply_to`: inbox to notify of the first page. `urgent: false`: no request waits
   * for it, so it uses the lane `backfill`.
   */
  signup: Type.Object(
    {
      reply_to: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
      urgent: Type.Optional(Type.Boolean()),
    },
    strict,
  ),
  /** Resync of an athlete soon, because events may have been lost. */
  resync: Type.Object({}, strict),
  /** Fetch of the detail of an activity that was shown without it. */
  viewed: Type.Object({ activity_id: StravaIdSchema }, strict),
  /** Replay of dead work: it is queued again. */
  replay: Type.Object({ lane: Type.Enum(LANES), activity_id: Type.Optional(StravaIdSchema) }, strict),
} as const

/** Name of a request of {@link FETCH_REQUESTS}. */
export type FetchRequest = keyof typeof FETCH_REQUESTS

/** Body of a request. */
export type FetchRequestBody<R extends FetchRequest> = Static<(typeof FETCH_REQUESTS)[R]>

const isRequest = (text: string | undefined): text is FetchRequest =>
  text !== undefined && Object.hasOwn(FETCH_REQUESTS, text)

/** Subject of a request for an athlete; `*`: for all athletes. */
export const fetchSubject = (request: FetchRequest, athleteId: StravaId | '*'): string =>
  `${SUBJECT_ROOT}.fetch.${request}.${athleteId}`

/** The request and the athlete of a subject; undefined if it is not the subject of a request. */
export function requestOfSubject(
  subject: string,
): { readonly request: FetchRequest; readonly athleteId: StravaId } | undefined {
  const prefix = `${SUBJECT_ROOT}.fetch.`
  if (!subject.startsWith(prefix)) return undefined
  const [request, athleteId = '', ...more] = subject.slice(prefix.length).split('.')
  if (!isRequest(request) || !/^[0-9]{1,19}$/.test(athleteId) || more.length > 0) return undefined
  return { request, athleteId }
}
