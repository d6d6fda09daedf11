import swaggerUi from '@fastify/swagger-ui'
import type { FastifyPluginAsync } from 'fastify'

/** The strict policy of every page, but for the icons that the interface draws from `data:` addresses. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join(';')

/** `/openapi.json`: the document. */
export const documentRoute: FastifyPluginAsync = async (app) => {
  let document: string | undefined
  app.get('/openapi.json', { config: { conditional: true } }, async (_request, reply) => {
    document ??= JSON.stringify(app.swagger())
    return reply.type('application/json').header('cache-control', 'no-cache').send(document)
  })
}

/** `/docs`: the document to read and to try out. Nothing is loaded from elsewhere. */
export const docsPage: FastifyPluginAsync = async (app) => {
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: POLICY,
    theme: { title: 'ikigai API' },
    uiConfig: { docExpansion: 'list', tryItOutEnabled: true, defaultModelsExpandDepth: 0 },
  })
}
