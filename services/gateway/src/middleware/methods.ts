import type { FastifyInstance, HTTPMethods } from 'fastify'
import { methodNotAllowed } from '../problems.ts'

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']

/** Methods of each route. */
export type KnownMethods = ReadonlyMap<string, ReadonlySet<string>>

/** Records the methods of every route registered in this scope afterwards. */
export function collectMethods(scope: FastifyInstance): KnownMethods {
  const known = new Map<string, Set<string>>()
  scope.addHook('onRoute', ({ url, method }) => {
    const methods = known.get(url) ?? new Set()
    for (const name of [method].flat()) methods.add(name)
    known.set(url, methods)
  })
  return known
}

/** Answers the other methods of these routes with 405, and OPTIONS with 204, each with `allow`. */
export function answerOtherMethods(scope: FastifyInstance, known: KnownMethods): void {
  for (const [url, methods] of [...known]) {
    const allow = [...methods, 'OPTIONS'].join(', ')
    const others = METHODS.filter((method) => !methods.has(method) && method !== 'OPTIONS')
    scope.options(url, async (_request, reply) => reply.code(204).header('allow', allow).send())
    const refuse = async () => {
      throw methodNotAllowed(allow)
    }
    // Before the body is read.
    scope.route({ url, method: others, onRequest: refuse, handler: refuse })
  }
}
