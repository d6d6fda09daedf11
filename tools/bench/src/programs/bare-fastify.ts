// The baseline of HTTP: plain Fastify, with the two routes that ikigai's are compared with.
import { readFile } from 'node:fs/promises'
import Fastify from 'fastify'
import { answerRequests } from '../context/worker-rpc.ts'

const app = Fastify()
const bytesFile = process.env['BYTES_FILE']
const bytes = bytesFile === undefined ? '{}' : await readFile(bytesFile, 'utf8')

/** The same bytes for every request. */
app.get('/bytes', (_request, reply) => reply.type('application/json').send(bytes))
/** Reads a JSON body and acknowledges it. */
app.post('/event', async () => ({}))

answerRequests(await app.listen({ host: '127.0.0.1', port: 0 }), async () => ({}))
