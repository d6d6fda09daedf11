import { type Endpoint, endpoint, RequestError } from '@ikigai/bus'
import { API, type StravaId } from '@ikigai/contracts'
import { InputError } from '../queries/input-error.ts'
import type { Queries } from '../queries/queries.ts'

/** Request-reply endpoints over NATS for other teams of the same Strava application. */
export function teamEndpoints(queries: Queries): readonly Endpoint[] {
  return [
    endpoint('activity-random', API.activityRandom, async ({ athlete_id: athleteId, cursor, ...filter }) => {
      const choice = await checked(async () => queries.random(athleteId, filter, cursor))
      if (choice === 'none') throw await noActivityYet(queries, athleteId)
      if (choice === 'no-match') throw notFound('No activity of this athlete matches.')
      const { activity, nextCursor } = choice
      return nextCursor === undefined ? { activity } : { activity, next_cursor: nextCursor }
    }),
    endpoint('activity-get', API.activityGet, async ({ athlete_id: athleteId, id }) => {
      const found = await queries.activity(athleteId, id)
      if (found === undefined) throw notFound('This athlete has no such activity.')
      return { activity: found.activity }
    }),
    endpoint('activity-list', API.activityList, async (request) => {
      const { athlete_id: athleteId, sort, limit = 50, cursor, ...filter } = request
      const page = await checked(() => queries.list(athleteId, { filter, sort, limit, cursor }))
      if (page.data.length === 0 && (await queries.athlete(athleteId)) === undefined) throw noSuchAthlete()
      return page
    }),
    endpoint('athlete-get', API.athleteGet, async ({ athlete_id: athleteId }) => {
      const athlete = await queries.athlete(athleteId)
      if (athlete === undefined) throw noSuchAthlete()
      return { athlete }
    }),
    endpoint('import-get', API.importGet, async ({ athlete_id: athleteId }) => {
      const status = await queries.import(athleteId)
      if (status === undefined) throw noSuchAthlete()
      return { import: status }
    }),
    endpoint('quota-get', API.quotaGet, async () => ({ quota: await queries.quota() })),
  ]
}

async function noActivityYet(queries: Queries, athleteId: StravaId): Promise<RequestError> {
  const status = await queries.import(athleteId)
  if (status === undefined) return noSuchAthlete()
  const message =
    status.state === 'complete'
      ? (status.waiting?.detail ?? 'This athlete has no activities yet.')
      : 'No activity of this athlete has been imported yet.'
  return new RequestError({ code: 'no_activity_yet', message, import: status })
}

const notFound = (message: string) => new RequestError({ code: 'not_found', message })
const noSuchAthlete = () => notFound('No athlete with this id has an account.')

async function checked<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const faults = [{ pointer: error.pointer, detail: error.message }]
    throw new RequestError({ code: 'bad_request', message: error.message, faults })
  }
}
