import { constants } from 'node:zlib'
import compress from '@fastify/compress'
import type { HttpApp } from '@ikigai/chassis'

/**
 * Compresses the answers of routes registered afterwards. No answer contains a secret, so BREACH does not apply. The page's
 * files are compressed at build time.
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
