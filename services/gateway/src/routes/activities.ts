import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ActivityPageSchema } from '@ikigai/contracts'
import type { ActivityWithDetail } from '../reads/activities.ts'
import { InputError } from '../reads/input-error.ts'
import type { Reads } from '../reads/reads.ts'
import { athleteOf } from './personal.ts'
import { invalidQuery, noActivityMatches, noActivityYet, noSuchActivity, signInNeeded } from './problems.ts'
import { ActivityParams, ActivityWithDetailText, FilterQuery, ListQuery } from './schemas.ts'

const DEFAULT_LIMIT = 50

/** The athlete's activities: a page of them, one of them, any of them. */
export const activityRoutes =
  (reads: Reads): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/activities',
      { schema: { querystring: ListQuery, response: { 200: ActivityPageSchema } } },
      async (request) => {
        const { limit = DEFAULT_LIMIT, cursor, ...filter } = request.query
        return checked(() => reads.list(athleteOf(request), { filter, limit, cursor }))
      },
    )

    app.get(
      '/v1/activities/random',
      { schema: { querystring: FilterQuery, response: { 200: ActivityWithDetailText } } },
      async (request, reply) => {
        const athleteId = athleteOf(request)
        const choice = await checked(() => reads.random(athleteId, request.query))
        if (choice === 'no-match') throw noActivityMatches()
        if (choice === 'none') {
          const status = await reads.import(athleteId)
          throw status === undefined ? signInNeeded() : noActivityYet(status)
        }
        return reply.type('application/json').send(bodyOf(choice))
      },
    )

    app.get(
      '/v1/activities/:id',
      { schema: { params: ActivityParams, response: { 200: ActivityWithDetailText } } },
      async (request, reply) => {
        const found = await reads.activity(athleteOf(request), request.params.id)
        if (found === undefined) throw noSuchActivity()
        return reply.type('application/json').send(bodyOf(found))
      },
    )
  }

/** Strava's document is put in as text: parsing it would round its larger ids. */
const bodyOf = ({ activity, detail }: ActivityWithDetail) =>
  `${JSON.stringify(activity).slice(0, -1)},"detail":${detail ?? 'null'}}`

async function checked<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw error instanceof InputError ? invalidQuery(error) : error
  }
}
