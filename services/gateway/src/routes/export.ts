import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { READ_PROBLEMS } from '../api-docs/describe.ts'
import { allowing } from '../apps/scopes.ts'
import { exportLines } from '../export/export-lines.ts'
import { ExportLineSchema } from '../export/export-schema.ts'
import type { RunningExports } from '../export/running-exports.ts'
import { exportUnderWay, signInNeeded } from '../problems.ts'
import type { Queries } from '../queries/queries.ts'
import { sessionOf } from '../sessions/authentication.ts'

const DESCRIPTION = `All data that ikigai stores about the athlete, one JSON object per line (NDJSON): first \`athlete\`, then
\`import\`, then each \`activity\` with Strava's unchanged documents, newest first and including hidden ones (\`hidden_at\`), and
last \`end\` with the number of activities. An export without \`end\` is incomplete: the session or the connection ended. One
export at a time.

Not included: activities that may no longer be used and are about to be removed (\`end\` counts them), Strava's access tokens,
which are encrypted, connected apps and personal access tokens (\`GET /v1/me/apps\`, \`GET /v1/me/tokens\`), and internal records
(ids of deleted activities and of events, queued work, times of resyncs, ended sessions).`

const EXAMPLE = `{"kind":"athlete","athlete":{"id":"134815", …},"strava_created_at":"2017-11-28T19:05:35.000Z"}
{"kind":"import","import":{"state":"complete", …}}
{"kind":"activity","activity":{"id":"9007199254740993", …},"summary":{"id":9007199254740993, …},"detail":null, …}
{"kind":"end","activities":1,"left_out":{"private":0,"unconfirmed":0}}
`

/** Dependencies of the export route. */
export interface ExportRoutesOptions {
  readonly queries: Pick<Queries, 'athlete' | 'import' | 'storedData'>
  readonly exports: Pick<RunningExports, 'hasRoom' | 'begin'>
}

/** `GET /v1/me/export`: all stored data of the athlete, as NDJSON. */
export const exportRoutes =
  ({ queries, exports }: ExportRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/me/export',
      {
        exposeHeadRoute: false,
        config: {
          scopes: ['activities:read', 'account:read'],
          problems: [...READ_PROBLEMS, 'insufficient-scope', 'export-under-way'],
          streams: { mediaType: 'application/x-ndjson', schema: ExportLineSchema, example: EXAMPLE },
        },
        schema: {
          operationId: 'exportMe',
          tags: ['Account'],
          summary: 'Export everything',
          description: DESCRIPTION,
          security: allowing('activities:read', 'account:read'),
          response: { 200: Type.Unknown({ 'x-answer': 'The lines' }) },
        },
      },
      async (request, reply) => {
        const session = sessionOf(request)
        const { athleteId } = session
        const [athlete, status] = await Promise.all([queries.athlete(athleteId), queries.import(athleteId)])
        if (athlete === undefined || status === undefined) throw signInNeeded()
        if (!exports.hasRoom(athleteId)) throw exportUnderWay()
        const lines = exportLines({ athlete, import: status, stored: queries.storedData(athleteId) })
        return reply
          .type('application/x-ndjson')
          .header('content-disposition', `attachment; filename="ikigai-${athleteId}.ndjson"`)
          .send(exports.begin(session, lines))
      },
    )
  }
