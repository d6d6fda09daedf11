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
import type { MaybePromise } from '../queries/maybe-promise.ts'
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
    app.setErrorHandler((error) => {
      throw error instanceof InputError ? invalidQuery(error) : error
    })

    const refuse = async (why: NoChoice, athleteId: StravaId): Promise<never> => {
      if (why === 'no-match') throw noActivityMatches()
      const status = await queries.import(athleteId)
      throw status === undefined ? signInNeeded() : noActivityYet(status)
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
      (request, reply) => {
        const { sort, limit = DEFAULT_LIMIT, cursor, fields: names, ...filter } = request.query
        const fields = names === undefined ? undefined : parseFields(names)
        const page = queries.listText(athleteOf(request), { filter, sort, limit, cursor, fields })
        return answer(page, (text) => sendText(reply, text))
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
      (request, reply) => {
        const athleteId = athleteOf(request)
        const { cursor, ...filter } = request.query
        return answer(queries.random(athleteId, filter, cursor), (choice) => {
          if (typeof choice === 'string') return refuse(choice, athleteId)
          signals.viewed(athleteId, choice)
          return sendJson(reply, bodyOf(choice))
        })
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
      (request, reply) => {
        const athleteId = athleteOf(request)
        return answer(queries.activity(athleteId, request.params.id), (found) => {
          if (found === undefined) throw noSuchActivity()
          signals.viewed(athleteId, found)
          return sendText(reply, found)
        })
      },
    )
  }

/** Sends the answer: synchronously if the value is in memory, otherwise after it was read. */
function answer<T>(
  found: MaybePromise<T>,
  send: (found: T) => FastifyReply | Promise<never>,
): void | Promise<void> {
  if (found instanceof Promise) return answerLater(found, send)
  const sent = send(found)
  if (sent instanceof Promise) return sent
}

async function answerLater<T>(
  found: Promise<T>,
  send: (found: T) => FastifyReply | Promise<never>,
): Promise<void> {
  return await send(await found)
}

function sendText(reply: FastifyReply, { json, entityTag }: AnswerText): FastifyReply {
  if (entityTag !== undefined) reply.header('etag', entityTag)
  return sendJson(reply, json)
}

/** With the charset: Fastify would look for it in every answer, and add it. */
const JSON_TYPE = 'application/json; charset=utf-8'

function sendJson(reply: FastifyReply, json: string): FastifyReply {
  return reply.header('content-type', JSON_TYPE).send(json)
}

/** The body of an answer; in a shuffle with the cursor of the next activity. */
const bodyOf = ({ json, nextCursor }: ChosenActivity) =>
  nextCursor === undefined ? json : `${json.slice(0, -1)},"next_cursor":${JSON.stringify(nextCursor)}}`
