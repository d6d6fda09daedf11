import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { StravaId } from '@ikigai/contracts'
import type { FastifyReply } from 'fastify'
import { described, READ_PROBLEMS } from '../api-docs/describe.ts'
import { allowing } from '../apps/scopes.ts'
import type { Signals } from '../live/signals.ts'
import { invalidQuery, noActivityMatches, noActivityYet, noSuchActivity, signInNeeded } from '../problems.ts'
import type { ChosenActivity, NoChoice } from '../queries/activities.ts'
import { parseFields } from '../queries/activity-fields.ts'
import type { AnswerText } from '../queries/cached-text.ts'
import { InputError } from '../queries/input-error.ts'
import type { Queries } from '../queries/queries.ts'
import {
  ActivityPageText,
  ActivityParams,
  ActivityWithDetailText,
  ListQuery,
  RandomActivityText,
  RandomQuery,
} from '../queries/schemas.ts'
import { athleteOf } from '../sessions/authentication.ts'

const DEFAULT_LIMIT = 50

/** Dependencies of the activity routes. */
export interface ActivityRoutesOptions {
  readonly queries: Pick<Queries, 'listText' | 'random' | 'activity' | 'import'>
  readonly signals: Pick<Signals, 'viewed'>
}

const RANDOM = `One activity, chosen uniformly from all that match the filter.

With \`cursor\`, a shuffle: all matching activities in random order, each once. Start with an empty cursor (\`?cursor=\`) and
continue with \`next_cursor\`, which is null after the last activity. An activity added meanwhile is included if its place in
the order is still ahead; a deleted one is left out; none is repeated. After the last activity a new shuffle starts. Keep the
filter unchanged during a shuffle.`

const common = { tags: ['Activities'], security: allowing('activities:read') }

/** Lists activities, returns one, or a random one. */
export const activityRoutes =
  ({ queries, signals }: ActivityRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    const problemFor = async (why: NoChoice, athleteId: StravaId) => {
      if (why === 'no-match') return noActivityMatches()
      const status = await queries.import(athleteId)
      return status === undefined ? signInNeeded() : noActivityYet(status)
    }

    app.get(
      '/v1/activities',
      {
        config: {
          scopes: ['activities:read'],
          problems: [...READ_PROBLEMS, 'insufficient-scope', 'bad-request', 'invalid-cursor'],
          conditional: true,
        },
        schema: {
          ...common,
          operationId: 'listActivities',
          summary: 'List activities',
          description:
            'Newest first unless `sort` is given; ties are ordered by id. `next_cursor` is the cursor of the next page, null on ' +
            'the last one. Pages neither repeat nor skip an activity, even if others are added or deleted. With `fields`, each ' +
            'activity has only these fields.',
          querystring: ListQuery,
          response: {
            200: described(ActivityPageText, 'A page; with `fields`, its activities have only these'),
          },
        },
      },
      async (request, reply) => {
        const { sort, limit = DEFAULT_LIMIT, cursor, fields: names, ...filter } = request.query
        const page = await checked(async () => {
          const fields = names === undefined ? undefined : parseFields(names)
          return await queries.listText(athleteOf(request), { filter, sort, limit, cursor, fields })
        })
        return sendText(reply, page)
      },
    )

    app.get(
      '/v1/activities/random',
      {
        config: {
          scopes: ['activities:read'],
          problems: [
            ...READ_PROBLEMS,
            'insufficient-scope',
            'bad-request',
            'invalid-cursor',
            'no-activity-yet',
            'no-activity-matches',
          ],
        },
        schema: {
          ...common,
          operationId: 'randomActivity',
          summary: 'Get a random activity',
          description: RANDOM,
          querystring: RandomQuery,
          response: { 200: described(RandomActivityText, 'An activity') },
        },
      },
      async (request, reply) => {
        const athleteId = athleteOf(request)
        const { cursor, ...filter } = request.query
        const choice = await checked(() => queries.random(athleteId, filter, cursor))
        if (typeof choice === 'string') throw await problemFor(choice, athleteId)
        signals.viewed(athleteId, choice)
        return reply.type('application/json').send(bodyOf(choice))
      },
    )

    app.get(
      '/v1/activities/:id',
      {
        config: {
          scopes: ['activities:read'],
          problems: [
            ...READ_PROBLEMS,
            'insufficient-scope',
            'bad-request',
            'no-such-activity',
            'uri-too-long',
          ],
          conditional: true,
        },
        schema: {
          ...common,
          operationId: 'getActivity',
          summary: 'Get an activity',
          description: "`detail` is Strava's unchanged DetailedActivity, or null if it has not been fetched.",
          params: ActivityParams,
          response: { 200: described(ActivityWithDetailText, 'The activity') },
        },
      },
      async (request, reply) => {
        const athleteId = athleteOf(request)
        const found = await queries.activity(athleteId, request.params.id)
        if (found === undefined) throw noSuchActivity()
        signals.viewed(athleteId, found)
        return sendText(reply, found)
      },
    )
  }

function sendText(reply: FastifyReply, { json, entityTag }: AnswerText): FastifyReply {
  if (entityTag !== undefined) reply.header('etag', entityTag)
  return reply.type('application/json').send(json)
}

/** The body of an answer; in a shuffle with the cursor of the next activity. */
const bodyOf = ({ json, nextCursor }: ChosenActivity) =>
  nextCursor === undefined ? json : `${json.slice(0, -1)},"next_cursor":${JSON.stringify(nextCursor)}}`

async function checked<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw error instanceof InputError ? invalidQuery(error) : error
  }
}
