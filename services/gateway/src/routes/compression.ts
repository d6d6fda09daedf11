import { constants } from 'node:zlib'
import compress from '@fastify/compress'
import type { HttpApp } from '@ikigai/chassis'

/**
 * Compresses what routes registered from now on answer, where the client takes it (the page's files are compressed already). No answer holds a token, so what a
 * compressed length betrays (BREACH) is nothing that opens a door.
 */
export async function compressAnswers(app: HttpApp): Promise<void> {
  await app.register(compress, {
    encodings: ['br', 'gzip'],
    threshold: 1_024,
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } },
    customTypes: /^text\/(?!event-stream)|[+/](?:json|x-ndjson|xml|javascript)(?:;|$)/,
    globalDecompression: false,
  })
}
