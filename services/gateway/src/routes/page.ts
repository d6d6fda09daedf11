import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { HttpApp } from '@ikigai/chassis'

/** Beside `src` in the workspace and beside `dist` in the image. */
const PUBLIC_FOLDER = fileURLToPath(new URL('../../public', import.meta.url))

/** Serves the page and nothing else of the file system. */
export async function page(app: HttpApp): Promise<void> {
  await app.register(fastifyStatic, { root: PUBLIC_FOLDER, wildcard: false, cacheControl: false })
}
