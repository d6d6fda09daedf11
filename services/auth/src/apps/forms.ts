import type { FastifyInstance, FastifyRequest } from 'fastify'
import { OAuthError } from './oauth-error.ts'

/** The fields of a form; none is repeated. */
export interface Form {
  /** Undefined for a missing or empty field (RFC 6749, 3.2). */
  get(name: string): string | undefined
}

/** Accepts form bodies in this Fastify scope; they become `URLSearchParams`. */
export function acceptForms(app: FastifyInstance): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    async (_request: FastifyRequest, body: string) => new URLSearchParams(body),
  )
}

/** @throws OAuthError `invalid_request` if it is not a form or repeats a field */
export function formOf(body: unknown): Form {
  if (!(body instanceof URLSearchParams))
    throw new OAuthError('invalid_request', 'Send a form: application/x-www-form-urlencoded.')
  const repeated = [...new Set(body.keys())].find((name) => body.getAll(name).length > 1)
  if (repeated !== undefined) throw new OAuthError('invalid_request', `${repeated} is repeated.`)
  return { get: (name) => body.get(name) || undefined }
}
