import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { READING_PROBLEMS } from '../api-docs/describe.ts'
import { allowing } from '../apps/scopes.ts'
import { LiveMessageSchema } from '../live/live-event.ts'
import type { LiveHub } from '../live/live-hub.ts'
import type { Reads } from '../reads/reads.ts'
import { sessionOf } from './personal.ts'
import { signInNeeded, tooManyStreams } from './problems.ts'

const DESCRIPTION = `A stream of server-sent events that stays open. The first one is \`import\`, with the state of now.

| \`event\`    | \`data\`                              | when                                                             |
| ---------- | ----------------------------------- | ---------------------------------------------------------------- |
| \`import\`   | ImportStatus                        | at the start, and whenever something of it has changed           |
| \`activity\` | ActivityChanges                     | activities have come, changed or gone; several go out as one      |
| \`reload\`   | \`{}\`                                | what happened since \`Last-Event-ID\` is not known: read all again |

A comment line comes every 15 seconds. The stream ends with the session; when it ends otherwise, connect again with the
last \`id\` as \`Last-Event-ID\` (browsers' \`EventSource\` does), and what was missed comes first. A client that does not read
is cut off. Each athlete may have ten of them open.`

const EXAMPLE = `event: import
id: 4711
data: {"athlete_id":"134815","state":"running","activities_stored":200, …}

event: activity
id: 4913
data: {"created":["9007199254740993"],"updated":[],"deleted":[]}

`

/** What happens to the athlete's import and activities, while it happens. */
export const liveRoutes =
  ({
    reads,
    hub,
  }: {
    readonly reads: Pick<Reads, 'import'>
    readonly hub: Pick<LiveHub, 'hasRoom' | 'open'>
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/import/events',
      {
        exposeHeadRoute: false,
        config: {
          scopes: ['activities:read'],
          problems: [...READING_PROBLEMS, 'insufficient-scope', 'too-many-streams'],
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
        if (!hub.hasRoom(session.athleteId)) throw tooManyStreams()
        const status = await reads.import(session.athleteId)
        if (status === undefined) throw signInNeeded()
        reply.hijack()
        const headers = reply.getHeaders()
        hub.open(
          { session, lastEventId: request.headers['last-event-id'], response: reply.raw, headers },
          status,
        )
        return reply
      },
    )
  }
