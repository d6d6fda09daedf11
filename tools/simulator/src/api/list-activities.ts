import type { FastifyReply, FastifyRequest } from 'fastify'
import { activityText } from '../athletes/activity-text.ts'
import { type ActivityRecord, isPrivate } from '../athletes/records.ts'
import { sendJsonText } from '../http/answers.ts'
import { type Parameters, parametersOf } from '../http/parameters.ts'
import { mayReadActivities, mayReadPrivateActivities } from '../oauth/scopes.ts'
import type { SimulatorState } from '../simulator-state.ts'
import { badRequest, missingPermission } from './strava-fault.ts'
import { tokenGrant } from './token-grant.ts'

const DEFAULT_PER_PAGE = 30
const MAX_PER_PAGE = 200

/** Parameters of a list. Times are epoch seconds, both bounds excluded. */
export interface ListQuery {
  before: number | undefined
  after: number | undefined
  page: number
  perPage: number
}

function integerParameter(parameters: Parameters, name: string): number | undefined {
  const text = parameters[name]
  if (text === undefined || text === '') return undefined
  if (!/^-?\d{1,15}$/.test(text)) throw badRequest('Application', name, 'invalid')
  return Number(text)
}

function parseQuery(parameters: Parameters, nowSeconds: number): ListQuery {
  const after = integerParameter(parameters, 'after')
  if (after !== undefined && after > nowSeconds) throw badRequest('Application', 'after', 'future')
  const perPage = integerParameter(parameters, 'per_page') ?? DEFAULT_PER_PAGE
  return {
    before: integerParameter(parameters, 'before'),
    after,
    page: Math.max(1, integerParameter(parameters, 'page') ?? 1),
    perPage: Math.min(MAX_PER_PAGE, Math.max(1, perPage)),
  }
}

/** Position of the first activity that starts at this second or later, among activities kept oldest first. */
function firstFrom(activities: readonly ActivityRecord[], epochSeconds: number): number {
  let [low, high] = [0, activities.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((activities[middle]?.startSeconds ?? 0) < epochSeconds) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * One page of activities that are kept oldest first. Newest first, but oldest first if `after` comes alone;
 * both bounds look at the start time (Strava API docs; recorded lists).
 */
export function pageOf(
  activities: readonly ActivityRecord[],
  { before, after, page, perPage }: ListQuery,
  mayReadPrivate: boolean,
): ActivityRecord[] {
  const begin = after === undefined ? 0 : firstFrom(activities, after + 1)
  const end = before === undefined ? activities.length : firstFrom(activities, before)
  const isOldestFirst = after !== undefined && before === undefined
  const found: ActivityRecord[] = []
  const earlier = (page - 1) * perPage
  let toSkip = mayReadPrivate ? 0 : earlier
  for (let step = mayReadPrivate ? earlier : 0; step < end - begin && found.length < perPage; step += 1) {
    const activity = activities[isOldestFirst ? begin + step : end - 1 - step]
    if (activity === undefined || (!mayReadPrivate && isPrivate(activity))) continue
    if (toSkip > 0) toSkip -= 1
    else found.push(activity)
  }
  return found
}

/** `GET /athlete/activities`. Needs `activity:read`; "Only You" activities need `activity:read_all`. */
export function listActivities(state: SimulatorState) {
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { athleteId, scopes } = tokenGrant(request)
    if (!mayReadActivities(scopes)) throw missingPermission('activity:read_permission')
    const query = parseQuery(parametersOf(request), Math.floor(state.clock.now() / 1000))
    const { activities } = state.roster.athlete(athleteId)
    const found = pageOf(activities, query, mayReadPrivateActivities(scopes))
    const texts = state.pages.show(athleteId, found).map((activity) => activityText(activity, 'summary'))
    return sendJsonText(reply, `[${texts.join(',')}]`)
  }
}
