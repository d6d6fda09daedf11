import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { READ_PROBLEMS } from '../api-docs/describe.ts'
import { allowing } from '../apps/scopes.ts'
import { LiveMessageSchema } from '../live/live-event.ts'
import type { LiveHub } from '../live/live-hub.ts'
import { disconnected, tooManyStreams } from '../problems.ts'
import type { Queries } from '../queries/queries.ts'
import { sessionOf } from '../sessions/authentication.ts'

const DESCRIPTION = `A stream of server-sent events. The first event is \`import\` with the current status.

| \`event\`    | \`data\`                              | when                                                             |
| ---------- | ----------------------------------- | ---------------------------------------------------------------- |
| \`import\`   | ImportStatus                        | at the start and after every change                              |
| \`activity\` | ActivityChanges                     | activities were created, updated or deleted; sent in batches      |
| \`reload\`   | \`{}\`                                | events since \`Last-Event-ID\` are not available: reload everything |

A comment line is sent every 15 seconds. The stream ends with the session. If it ends otherwise, reconnect with the last
\`id\` as \`Last-Event-ID\` (as browsers' \`EventSource\` does); missed events are sent first. A client that does not read is
disconnected. An athlete may have ten streams open.`

const EXAMPLE = `event: import
id: 4711
data: {"athlete_id":"134815","state":"running","activities_stored":200, …}

event: activity
id: 4913
data: {"created":["9007199254740993"],"updated":[],"deleted":[]}

`

/** `GET /v1/import/events`: live changes to the athlete's import and activities. */
export const liveRoutes =
  ({
    queries,
    hub,
  }: {
    readonly queries: Pick<Queries, 'import'>
    readonly hub: Pick<LiveHub, 'takePlace' | 'open'>
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/import/events',
      {
        exposeHeadRoute: false,
        config: {
          scopes: ['activities:read'],
          problems: [...READ_PROBLEMS, 'insufficient-scope', 'too-many-streams'],
          streams: { mediaType: 'text/event-stream', schema: LiveMessageSchema, example: EXAMPLE },
        },
        schema: {
          operationId: 'followImport',
          tags: ['Account'],
          summary: 'Follow the import, live',
          description: DESCRIPTION,
          security: allowing('activities:read'),
          headers: Type.Object({
            'last-event-id': Type.Optional(
              Type.String({ description: 'The last `id` that was read before', examples: ['4711'] }),
            ),
          }),
          response: { 200: Type.Unknown({ 'x-answer': 'The stream' }) },
        },
      },
      async (request, reply) => {
        const session = sessionOf(request)
        const leavePlace = hub.takePlace(session.athleteId)
        if (leavePlace === undefined) throw tooManyStreams()
        try {
          const status = await queries.import(session.athleteId)
          if (status === undefined) throw disconnected()
          reply.hijack()
          const lastEventId = request.headers['last-event-id']
          const headers = reply.getHeaders()
          hub.open({ session, lastEventId, response: reply.raw, headers, leavePlace }, status)
        } catch (error) {
          leavePlace()
          throw error
        }
        return reply
      },
    )
  }
