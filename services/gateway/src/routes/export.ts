import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { READING_PROBLEMS, SESSION } from '../api-docs/describe.ts'
import { exportLines } from '../export/export.ts'
import { ExportLineSchema } from '../export/export-lines.ts'
import type { RunningExports } from '../export/running-exports.ts'
import type { Reads } from '../reads/reads.ts'
import { sessionOf } from './personal.ts'
import { exportUnderWay, signInNeeded } from './problems.ts'

const DESCRIPTION = `All that ikigai holds of the athlete, one JSON object a line (NDJSON): first \`athlete\` with the scopes
and the beginning of the account at Strava, then \`import\`, then each \`activity\` with Strava's own documents to the last digit,
newest first, those included that are hidden (\`hidden_at\`), and at last \`end\` with their number. An export without that line is
cut: the session ended, or the connection. One export at a time.

Not in it: activities that may no longer be used and are about to be removed (\`end\` says how many), the access tokens of
Strava, which are encrypted, and what the services note for themselves (ids of deleted activities and of events, queued
work, ended sessions).`

const EXAMPLE = `{"kind":"athlete","athlete":{"id":"134815", …},"strava_created_at":"2017-11-28T19:05:35.000Z"}
{"kind":"import","import":{"state":"complete", …}}
{"kind":"activity","activity":{"id":"9007199254740993", …},"summary":{"id":9007199254740993, …},"detail":null, …}
{"kind":"end","activities":1,"left_out":{"private":0,"unconfirmed":0}}
`

/** What the export stands on. */
export interface ExportRoutesOptions {
  readonly reads: Pick<Reads, 'athlete' | 'import' | 'exported'>
  readonly exports: Pick<RunningExports, 'hasRoom' | 'begin'>
}

/** The athlete's data to take along. */
export const exportRoutes =
  ({ reads, exports }: ExportRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/me/export',
      {
        exposeHeadRoute: false,
        config: {
          problems: [...READING_PROBLEMS, 'export-under-way'],
          streams: { mediaType: 'application/x-ndjson', schema: ExportLineSchema, example: EXAMPLE },
        },
        schema: {
          operationId: 'exportMe',
          tags: ['Account'],
          summary: 'Export everything',
          description: DESCRIPTION,
          security: SESSION,
          response: { 200: Type.Unknown({ 'x-answer': 'The lines' }) },
        },
      },
      async (request, reply) => {
        const session = sessionOf(request)
        const { athleteId } = session
        const [athlete, status] = await Promise.all([reads.athlete(athleteId), reads.import(athleteId)])
        if (athlete === undefined || status === undefined) throw signInNeeded()
        if (!exports.hasRoom(athleteId)) throw exportUnderWay()
        const lines = exportLines({ athlete, import: status, stored: reads.exported(athleteId) })
        return reply
          .type('application/x-ndjson')
          .header('content-disposition', `attachment; filename="ikigai-${athleteId}.ndjson"`)
          .send(exports.begin(session, lines))
      },
    )
  }
