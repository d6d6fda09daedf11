import type { TSchema } from 'typebox'
import type { ProblemName } from './problem-kinds.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every kind of problem that the operation answers with. */
    problems?: readonly ProblemName[]
    /** Answers with an `ETag`, and 304 to who has it. */
    conditional?: boolean
    /** A media type other than JSON, what one message or line of it is, and how it looks. */
    streams?: { readonly mediaType: string; readonly schema: TSchema; readonly example: string }
  }
}

/** Says in the documentation what an answer is. */
export const described = <T extends TSchema>(schema: T, description: string): T => ({
  ...schema,
  'x-answer': description,
})

/** Security of an operation that wants a session. */
export const SESSION = [{ bearer: [] }, { cookie: [] }]

/** What every operation with a session may answer with. */
export const SESSION_PROBLEMS = [
  'sign-in-needed',
  'too-many-requests',
  'unavailable',
] as const satisfies readonly ProblemName[]

/** The same of one that reads the database, which may fail. */
export const READING_PROBLEMS = [...SESSION_PROBLEMS, 'internal'] as const
