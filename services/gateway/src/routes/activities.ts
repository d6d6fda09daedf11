import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ActivityPageSchema } from '@ikigai/contracts'
import { described, SESSION, SESSION_PROBLEMS } from '../api-docs/describe.ts'
import type { Hints } from '../live/hints.ts'
import type { ActivityWithDetail } from '../reads/activities.ts'
import { InputError } from '../reads/input-error.ts'
import type { Reads } from '../reads/reads.ts'
import { athleteOf } from './personal.ts'
import { invalidQuery, noActivityMatches, noActivityYet, noSuchActivity, signInNeeded } from './problems.ts'
import { ActivityParams, ActivityWithDetailText, FilterQuery, ListQuery } from './schemas.ts'

const DEFAULT_LIMIT = 50

/** What the routes of activities stand on. */
export interface ActivityRoutesOptions {
  readonly reads: Pick<Reads, 'list' | 'random' | 'activity' | 'import'>
  readonly hints: Pick<Hints, 'viewed'>
}

const asked = { tags: ['Activities'], security: SESSION }

/** The athlete's activities: a page of them, one of them, any of them. */
export const activityRoutes =
  ({ reads, hints }: ActivityRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/activities',
      {
        config: { problems: [...SESSION_PROBLEMS, 'bad-request', 'invalid-cursor'], conditional: true },
        schema: {
          ...asked,
          operationId: 'listActivities',
          summary: 'A page of activities',
          description:
            'Newest first. `next_cursor` leads to the next page and is null on the last one. Pages neither repeat ' +
            'nor skip an activity, though others come and go.',
          querystring: ListQuery,
          response: { 200: described(ActivityPageSchema, 'A page') },
        },
      },
      async (request) => {
        const { limit = DEFAULT_LIMIT, cursor, ...filter } = request.query
        return checked(() => reads.list(athleteOf(request), { filter, limit, cursor }))
      },
    )

    app.get(
      '/v1/activities/random',
      {
        config: { problems: [...SESSION_PROBLEMS, 'bad-request', 'no-activity-yet', 'no-activity-matches'] },
        schema: {
          ...asked,
          operationId: 'randomActivity',
          summary: 'Any activity',
          description: 'One activity, each one that fits the filter as likely as any other.',
          querystring: FilterQuery,
          response: { 200: described(ActivityWithDetailText, 'An activity') },
        },
      },
      async (request, reply) => {
        const athleteId = athleteOf(request)
        const choice = await checked(() => reads.random(athleteId, request.query))
        if (choice === 'no-match') throw noActivityMatches()
        if (choice === 'none') {
          const status = await reads.import(athleteId)
          throw status === undefined ? signInNeeded() : noActivityYet(status)
        }
        hints.viewed(choice.activity)
        return reply.type('application/json').send(bodyOf(choice))
      },
    )

    app.get(
      '/v1/activities/:id',
      {
        config: {
          problems: [...SESSION_PROBLEMS, 'bad-request', 'no-such-activity', 'uri-too-long'],
          conditional: true,
        },
        schema: {
          ...asked,
          operationId: 'getActivity',
          summary: 'One activity',
          description: "`detail` is Strava's own document (DetailedActivity) to the last digit, or null.",
          params: ActivityParams,
          response: { 200: described(ActivityWithDetailText, 'The activity') },
        },
      },
      async (request, reply) => {
        const found = await reads.activity(athleteOf(request), request.params.id)
        if (found === undefined) throw noSuchActivity()
        hints.viewed(found.activity)
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
