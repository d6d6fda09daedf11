import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { HttpApp } from '@ikigai/chassis'

/** Build output of `@ikigai/web`. */
const BUILT = join(dirname(createRequire(import.meta.url).resolve('@ikigai/web/package.json')), 'dist')

/** Files with a content hash in their names. */
const ASSETS = join(BUILT, 'assets') + sep

/** Serves the built pages: `/` and `/status`. */
export async function staticSite(app: HttpApp): Promise<void> {
  if (!existsSync(BUILT)) {
    app.log.warn('the page is not built (npm run build): only the API is served')
    return
  }
  await app.register(fastifyStatic, {
    root: BUILT,
    wildcard: false,
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const isForever = path.startsWith(ASSETS)
      reply.header('cache-control', isForever ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  app.get('/status', (_request, reply) => reply.sendFile('status.html'))
}
