import swaggerUi from '@fastify/swagger-ui'
import type { FastifyPluginAsync } from 'fastify'
import { contentSecurityPolicy } from '../middleware/security-headers.ts'

/** The interface draws its icons from `data:` addresses. */
const POLICY = contentSecurityPolicy({ 'img-src': "'self' data:", 'form-action': "'none'" })

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
    initOAuth: { clientId: 'docs', usePkceWithAuthorizationCodeGrant: true },
    uiConfig: { docExpansion: 'list', tryItOutEnabled: true, defaultModelsExpandDepth: 0 },
  })
}
