import swagger from '@fastify/swagger'
import type { HttpApp } from '@ikigai/chassis'
import { SCOPE_TEXTS } from '@ikigai/contracts'
import { sessionCookie } from '@ikigai/sessions'
import { answersOf } from './answers.ts'
import { components, type Json } from './schemas.ts'

const ABOUT = `The activities of athletes who connected Strava, served from ikigai's own database.

- **Ids** are Strava's: 64-bit integers as decimal strings, because JavaScript rounds numbers beyond 2^53.
- **Times** are RFC 3339. \`start_time\` keeps the offset of the place where the activity began.
- **Units** are part of the names: \`distance_meters\`, \`moving_time_seconds\`.
- **Errors** are problem details (RFC 9457). \`type\` is stable and is the address of a page that explains it.
- **Limit**: a fixed number of requests per minute and athlete; \`ratelimit-*\` shows what is left, \`retry-after\` of a 429 when to retry.
- **Additions only**: within \`/v1\` fields, answers and operations may be added. Ignore unknown ones.

Events and requests over NATS, for other teams: [/docs/messages](/docs/messages).`

const TAGS = [
  { name: 'Activities', description: "The athlete's activities" },
  { name: 'Account', description: 'Profile, import, export and disconnecting' },
  { name: 'Access', description: 'Apps and scripts that may act for the athlete' },
  { name: 'Service', description: 'Status of the service; public' },
]

/**
 * Generates the OpenAPI 3.1 document from the schemas of routes registered afterwards. Routes without a tag are left out.
 */
export async function describeApi(
  app: HttpApp,
  { publicUrl }: { readonly publicUrl: string },
): Promise<void> {
  const answers = new Map<string, Json>()
  await app.register(swagger, {
    hideUntagged: true,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'ikigai',
        version: '1.0.0',
        description: ABOUT,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/', description: 'This origin' }],
      tags: TAGS,
      components: { securitySchemes: securitySchemes(publicUrl) },
      security: [],
    },
    transform: ({ schema, url, route }) => {
      // Routes without a schema are left out.
      const { response: _, ...asked } = schema ?? {}
      for (const method of [route.method].flat()) answers.set(keyOf(method, url), answersOf(route))
      return { schema: asked, url }
    },
    // Responses are added here, because the plugin supports neither references nor several problems per status.
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject
      const { openapiObject } = document
      const paths = Object.entries(openapiObject.paths ?? {}).map(([path, operations]) => [
        path,
        Object.fromEntries(
          Object.entries(operations ?? {}).map(([method, operation]) => [
            method,
            { ...Object(operation), responses: answers.get(keyOf(method, path)) },
          ]),
        ),
      ])
      return {
        ...openapiObject,
        paths: Object.fromEntries(paths),
        components: { ...openapiObject.components, schemas: components() },
      }
    },
  })
}

/** The document writes `{id}` where a route writes `:id`. */
const keyOf = (method: string, url: string) => `${method.toUpperCase()} ${url.replaceAll(/:(\w+)/g, '{$1}')}`

const securitySchemes = (publicUrl: string) =>
  ({
    oauth2: {
      type: 'oauth2',
      description: 'For apps: the authorization code with PKCE (S256). Sign in at `/` first to try it here.',
      flows: {
        authorizationCode: {
          authorizationUrl: '/auth/authorize',
          tokenUrl: '/auth/token',
          refreshUrl: '/auth/token',
          scopes: SCOPE_TEXTS,
        },
      },
    },
    bearer: {
      type: 'http',
      scheme: 'bearer',
      description: 'An access token of an app, or a personal access token for a script of your own',
    },
    cookie: {
      type: 'apiKey',
      in: 'cookie',
      name: sessionCookie(publicUrl).name,
      description: 'The session cookie of a browser, set by signing in at `/auth/login`',
    },
  }) as const
