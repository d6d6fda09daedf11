// The baseline of streams: plain Fastify, which writes each message to all open streams.
import { readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import Fastify from 'fastify'
import { answerRequests, environment } from '../context/worker-rpc.ts'

const app = Fastify()
const first = await readFile(environment('BYTES_FILE'), 'utf8')
const listeners = new Map<string, ServerResponse[]>()

app.get<{ Headers: { 'x-athlete': string } }>('/events', (request, reply) => {
  const athleteId = request.headers['x-athlete']
  reply.hijack()
  reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
  reply.raw.write(first)
  listeners.set(athleteId, [...(listeners.get(athleteId) ?? []), reply.raw])
})
/** Writes the body to all streams of this athlete. */
app.post<{ Params: { athleteId: string }; Body: string }>('/tell/:athleteId', async ({ params, body }) => {
  for (const response of listeners.get(params.athleteId) ?? []) response.write(body)
  return {}
})

answerRequests(await app.listen({ host: '127.0.0.1', port: 0 }), async () => ({}))
