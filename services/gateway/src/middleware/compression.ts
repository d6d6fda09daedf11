import { constants } from 'node:zlib'
import compress from '@fastify/compress'
import type { HttpApp } from '@ikigai/chassis'
import type { onSendHookHandler } from 'fastify'

/** Shorter answers are not compressed: bytes. */
const MIN_BYTES = 1_024

/**
 * Compresses the answers of routes registered afterwards. No answer contains a secret, so BREACH does not apply. The page's
 * files are compressed at build time.
 */
export async function compressAnswers(app: HttpApp): Promise<void> {
  await app.register(compress, {
    encodings: ['br', 'gzip'],
    threshold: MIN_BYTES,
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } },
    customTypes: /^text\/(?!event-stream)|[+/](?:json|x-ndjson|xml|javascript)(?:;|$)/,
    globalDecompression: false,
  })
  // Registered after the library, so its hook is the last one of a route. Most requests accept no compression and can skip it.
  app.addHook('onRoute', (route) => {
    const hooks = [route.onSend ?? []].flat()
    const last = hooks.pop()
    if (last !== undefined) route.onSend = [...hooks, ifAccepted(last)]
  })
}

/** Runs the hook only for requests with `Accept-Encoding`. */
const ifAccepted = (hook: onSendHookHandler): onSendHookHandler =>
  function (request, reply, payload, done) {
    if (request.headers['accept-encoding'] === undefined) done(null, payload)
    else return hook.call(this, request, reply, payload, done)
  }
