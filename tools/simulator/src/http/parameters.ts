import type { FastifyInstance, FastifyRequest } from 'fastify'
import { faultOfStatus } from '../api/strava-fault.ts'

/** Parameters of a call by name: from the query, and from the body, which takes precedence. */
export type Parameters = Readonly<Record<string, string>>

function scalars(source: unknown): [string, string][] {
  if (typeof source !== 'object' || source === null) return []
  return Object.entries(source).flatMap(([name, value]): [string, string][] => {
    if (typeof value === 'string') return [[name, value]]
    if (typeof value === 'number' || typeof value === 'boolean') return [[name, String(value)]]
    if (Array.isArray(value)) return [[name, value.join(',')]]
    return []
  })
}

/** Query and body (form, multipart or JSON) as one; a repeated name becomes a comma list. */
export function parametersOf(request: FastifyRequest): Parameters {
  return Object.fromEntries([...scalars(request.query), ...scalars(request.body)])
}

async function parseMultipart(contentType: string, body: Buffer): Promise<Record<string, string>> {
  const response = new Response(new Uint8Array(body), { headers: { 'content-type': contentType } })
  const form = await response.formData()
  return Object.fromEntries([...form].map(([name, value]) => [name, typeof value === 'string' ? value : '']))
}

/** Parsers of the bodies that Strava accepts: forms, multipart forms, JSON, and no body with any header. */
export function acceptStravaBodies(app: FastifyInstance): void {
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    if (typeof body !== 'string' || body.trim() === '') return done(null, {})
    try {
      done(null, JSON.parse(body))
    } catch {
      done(faultOfStatus(400))
    }
  })
  app.addContentTypeParser('multipart/form-data', { parseAs: 'buffer' }, (request, body, done) => {
    parseMultipart(request.headers['content-type'] ?? '', Buffer.from(body)).then(
      (form) => done(null, form),
      () => done(faultOfStatus(400)),
    )
  })
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, _body, done) => done(null, {}))
}
