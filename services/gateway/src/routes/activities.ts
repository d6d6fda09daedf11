import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ActivityPageSchema, type StravaId } from '@ikigai/contracts'
import { described, READING_PROBLEMS } from '../api-docs/describe.ts'
import { allowing } from '../apps/scopes.ts'
import type { Hints } from '../live/hints.ts'
import type { Chosen, NoChoice } from '../reads/activities.ts'
import { InputError } from '../reads/input-error.ts'
import type { Reads } from '../reads/reads.ts'
import { athleteOf } from './personal.ts'
import { invalidQuery, noActivityMatches, noActivityYet, noSuchActivity, signInNeeded } from './problems.ts'
import {
  ActivityParams,
  ActivityWithDetailText,
  ListQuery,
  RandomActivityText,
  RandomQuery,
} from './schemas.ts'

const DEFAULT_LIMIT = 50

/** What the routes of activities stand on. */
export interface ActivityRoutesOptions {
  readonly reads: Pick<Reads, 'list' | 'random' | 'activity' | 'import'>
  readonly hints: Pick<Hints, 'viewed'>
}

const RANDOM = `One activity, each one that fits the filter as likely as any other.

With \`cursor\` it is a step of a walk through all that fit, in a random order and each once: begin with an empty cursor
(\`?cursor=\`) and go on with \`next_cursor\`, which is null after the last one. What comes during the walk is met if its
place in the order is still ahead, what goes is not met any more, and nothing is met twice. When nothing is left, a new walk
begins. The filter stays the same during a walk.`

const asked = { tags: ['Activities'], security: allowing('activities:read') }

/** The athlete's activities: a page of them, one of them, any of them. */
export const activityRoutes =
  ({ reads, hints }: ActivityRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    const nothingChosen = async (why: NoChoice, athleteId: StravaId) => {
      if (why === 'no-match') return noActivityMatches()
      const status = await reads.import(athleteId)
      return status === undefined ? signInNeeded() : noActivityYet(status)
    }

    app.get(
      '/v1/activities',
      {
        config: {
          scopes: ['activities:read'],
          problems: [...READING_PROBLEMS, 'insufficient-scope', 'bad-request', 'invalid-cursor'],
          conditional: true,
        },
        schema: {
          ...asked,
          operationId: 'listActivities',
          summary: 'A page of activities',
          description:
            'Newest first, or as `sort` says; equal values follow their ids. `next_cursor` leads to the next page and is null on the last one. Pages neither repeat ' +
            'nor skip an activity, though others come and go.',
          querystring: ListQuery,
          response: { 200: described(ActivityPageSchema, 'A page') },
        },
      },
      async (request) => {
        const { sort, limit = DEFAULT_LIMIT, cursor, ...filter } = request.query
        return checked(() => reads.list(athleteOf(request), { filter, sort, limit, cursor }))
      },
    )

    app.get(
      '/v1/activities/random',
      {
        config: {
          scopes: ['activities:read'],
          problems: [
            ...READING_PROBLEMS,
            'insufficient-scope',
            'bad-request',
            'invalid-cursor',
            'no-activity-yet',
            'no-activity-matches',
          ],
        },
        schema: {
          ...asked,
          operationId: 'randomActivity',
          summary: 'Any activity',
          description: RANDOM,
          querystring: RandomQuery,
          response: { 200: described(RandomActivityText, 'An activity') },
        },
      },
      async (request, reply) => {
        const athleteId = athleteOf(request)
        const { cursor, ...filter } = request.query
        const choice = await checked(() => reads.random(athleteId, filter, cursor))
        if (typeof choice === 'string') throw await nothingChosen(choice, athleteId)
        hints.viewed(choice.activity)
        return reply.type('application/json').send(bodyOf(choice))
      },
    )

    app.get(
      '/v1/activities/:id',
      {
        config: {
          scopes: ['activities:read'],
          problems: [
            ...READING_PROBLEMS,
            'insufficient-scope',
            'bad-request',
            'no-such-activity',
            'uri-too-long',
          ],
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
        return reply.type('application/json').send(found.json)
      },
    )
  }

/** In a walk the cursor of the next step goes with it. */
const bodyOf = ({ json, nextCursor }: Chosen) =>
  nextCursor === undefined ? json : `${json.slice(0, -1)},"next_cursor":${JSON.stringify(nextCursor)}}`

async function checked<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw error instanceof InputError ? invalidQuery(error) : error
  }
}
