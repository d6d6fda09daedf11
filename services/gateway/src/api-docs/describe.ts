import type { TSchema } from 'typebox'
import type { ProblemName } from './problem-kinds.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Problems that the operation can return. */
    problems?: readonly ProblemName[]
    /** Supports `ETag` and 304. */
    conditional?: boolean
    /** Streamed answer: media type, schema of one message or line, example. */
    streams?: { readonly mediaType: string; readonly schema: TSchema; readonly example: string }
  }
}

/** Adds a description of the answer for the documentation. */
export const described = <T extends TSchema>(schema: T, description: string): T => ({
  ...schema,
  'x-answer': description,
})

/** Security of an operation that requires a session. */
export const SESSION = [{ bearer: [] }, { cookie: [] }]

/** Problems of every operation with a session. */
export const SESSION_PROBLEMS = [
  'sign-in-needed',
  'disconnected',
  'too-many-requests',
  'unavailable',
] as const satisfies readonly ProblemName[]

/** Problems of a request whose body cannot be read. */
export const BODY_PROBLEMS = ['bad-request', 'content-too-large', 'unsupported-media-type'] as const

/** Problems of every operation that reads the database. */
export const READ_PROBLEMS = [...SESSION_PROBLEMS, 'internal'] as const
