import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { FastifyInstance } from 'fastify'

/** By preference. */
const ENCODINGS = ['br', 'gzip'] as const

type Encoding = (typeof ENCODINGS)[number]

/** As for other answers: below this, compression saves nothing. Bytes. */
const MIN_BYTES = 1_024

const COMPRESSIBLE = /^text\/|[+/](?:json|javascript)(?:;|$)/

const compressors: Readonly<Record<Encoding, (content: Buffer) => Promise<Buffer>>> = {
  br: (content) => promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (content) => promisify(gzip)(content),
}

/**
 * Compresses each answer of this scope once for the life of the process. For scopes whose answers never change: what is
 * kept is found by the digest of the content, so their number is that of the contents.
 */
export function compressOnce(scope: FastifyInstance, compress = compressors): void {
  const kept = new Map<string, Promise<Buffer>>()
  const compressed = (content: Buffer, encoding: Encoding): Promise<Buffer> => {
    const key = `${encoding} ${createHash('sha256').update(content).digest('base64')}`
    const known = kept.get(key)
    if (known !== undefined) return known
    const made = compress[encoding](content)
    kept.set(key, made)
    return made
  }

  scope.addHook('onSend', async (request, reply, payload) => {
    const isWhole = reply.statusCode === 200 && !reply.hasHeader('content-encoding')
    if (!isWhole || !COMPRESSIBLE.test(String(reply.getHeader('content-type')))) return payload
    const content = await contentOf(payload)
    if (content === undefined || content.byteLength < MIN_BYTES) return content ?? payload
    reply.header('vary', [reply.getHeader('vary'), 'accept-encoding'].flat().filter(Boolean).join(', '))
    const encoding = ENCODINGS.find((one) => isAccepted(one, request.headers['accept-encoding']))
    if (encoding === undefined) return content
    const shorter = await compressed(content, encoding)
    reply.header('content-encoding', encoding).header('content-length', shorter.byteLength)
    return shorter
  })
}

async function contentOf(payload: unknown): Promise<Buffer | undefined> {
  if (typeof payload === 'string') return Buffer.from(payload)
  if (Buffer.isBuffer(payload)) return payload
  return payload instanceof Readable ? await buffer(payload) : undefined
}

/** Whether a request names the encoding and does not refuse it by `q=0` (RFC 9110, "Accept-Encoding"). */
function isAccepted(encoding: Encoding, header: string | string[] | undefined): boolean {
  const offers = String(header ?? '')
    .toLowerCase()
    .split(',')
  return offers.some((offer) => {
    const [name, ...parameters] = offer.split(';').map((part) => part.trim())
    return name === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
  })
}
