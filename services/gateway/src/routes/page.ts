import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { HttpApp } from '@ikigai/chassis'

/** What the package of the page has built; in the workspace and in the image alike. */
const BUILT = join(dirname(createRequire(import.meta.url).resolve('@ikigai/web/package.json')), 'dist')

/** Names of these files hold a hash of their content. */
const ASSETS = join(BUILT, 'assets') + sep

/** Serves the page at `/`, the status page at `/status`, and nothing else of the file system. */
export async function page(app: HttpApp): Promise<void> {
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
