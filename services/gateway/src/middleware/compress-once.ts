import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, onSendHookHandler } from 'fastify'
import { entityTagOf } from '../entity-tag.ts'

/** By preference. */
const ENCODINGS = ['br', 'gzip'] as const
const MIN_BYTES = 1_024
const COMPRESSIBLE = /^text\/|[+/](?:json|javascript)(?:;|$)/
/** Better than 8 by a twentieth, and done once: 1.7 MB of script take 0.2 s of a thread that serves no requests. */
const BROTLI_QUALITY = 9

type Encoding = (typeof ENCODINGS)[number]

/** Compresses in another thread. */
export type Compressors = Readonly<Record<Encoding, (content: Buffer) => Promise<Buffer>>>

const compressors: Compressors = {
  br: (content) =>
    promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  gzip: (content) => promisify(gzip)(content),
}

/**
 * Compresses each answer of the routes registered in this scope afterwards when it is first asked for, and keeps it. For
 * answers that never change: what is kept is found by the entity tag, or by the content where there is none, so that there are
 * no more than there are documents. After `compressAnswers`.
 */
export function compressOnce(scope: FastifyInstance, compress = compressors): void {
  const kept = new Map<string, Promise<Buffer>>()

  const compressed = (
    payload: unknown,
    reply: FastifyReply,
    encoding: Encoding,
  ): Promise<Buffer> | undefined => {
    if (typeof payload === 'string' ? payload.length < MIN_BYTES : !(payload instanceof Readable))
      return undefined
    const made = reply.getHeader('etag')
    if (typeof made !== 'string' && typeof payload !== 'string') return undefined
    const key = `${encoding} ${typeof made === 'string' ? made : entityTagOf(String(payload))}`
    const known = kept.get(key)
    if (known !== undefined) {
      if (payload instanceof Readable) payload.destroy()
      return known
    }
    const content =
      payload instanceof Readable ? buffer(payload) : Promise.resolve(Buffer.from(String(payload)))
    const packed = content.then(compress[encoding])
    kept.set(key, packed)
    packed.catch(() => kept.delete(key))
    return packed
  }

  const once: onSendHookHandler = (request, reply, payload, done) => {
    const isWhole =
      reply.statusCode === 200 && request.method === 'GET' && !reply.hasHeader('content-encoding')
    if (!isWhole || !COMPRESSIBLE.test(String(reply.getHeader('content-type')))) return done(null, payload)
    reply.header('vary', [reply.getHeader('vary'), 'accept-encoding'].flat().filter(Boolean).join(', '))
    const encoding = ENCODINGS.find((one) => isAccepted(one, request.headers['accept-encoding']))
    const packed = encoding === undefined ? undefined : compressed(payload, reply, encoding)
    if (encoding === undefined || packed === undefined) return done(null, payload)
    packed.then((content) => {
      reply.header('content-encoding', encoding).header('content-length', content.byteLength)
      done(null, content)
    }, done)
  }

  scope.addHook('onRoute', (route) => {
    const hooks = [route.onSend ?? []].flat()
    // Before the hook that compresses every time, which is the last.
    route.onSend = [...hooks.slice(0, -1), once, ...hooks.slice(-1)]
  })
}

/** Whether a request names the encoding and does not refuse it by `q=0` (RFC 9110, "Accept-Encoding"). */
function isAccepted(encoding: Encoding, header: string | string[] | undefined): boolean {
  return String(header ?? '')
    .toLowerCase()
    .split(',')
    .some((offer) => {
      const [name, ...parameters] = offer.split(';').map((part) => part.trim())
      return name === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
    })
}
