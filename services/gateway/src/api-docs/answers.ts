import { STATUS_CODES } from 'node:http'
import type { RouteOptions } from 'fastify'
import { EXAMPLES } from './examples.ts'
import { PROBLEM_KINDS, type ProblemKind, type ProblemName } from './problem-kinds.ts'
import { componentRef, type Json, problemComponent, withRefs } from './schemas.ts'

const number = (description: string): Json => ({ description, schema: { type: 'integer' } })
const text = (description: string): Json => ({ description, schema: { type: 'string' } })

const ALWAYS = {
  'x-request-id': text('Identifies this request in the logs'),
}
const LIMITS = {
  'ratelimit-limit': number('Requests allowed per minute'),
  'ratelimit-remaining': number('Requests left in this minute'),
  'ratelimit-reset': number('Seconds until the limit resets'),
}
const ETAG = { etag: text('Version of the answer, for `If-None-Match`') }
const RETRY_AFTER = { 'retry-after': number('Seconds after which to try again') }

type Route = Pick<RouteOptions, 'schema' | 'config'>

/** `responses` of an operation: its successes, 304 where it is conditional, and its problems by status. */
export function answersOf({ schema, config }: Route): Json {
  const { problems = [], conditional = false, streams } = config ?? {}
  const headers = { ...ALWAYS, ...LIMITS }
  const answers: Record<string, Json> = {}
  for (const [status, answer] of Object.entries(asRecord(schema?.response))) {
    const { 'x-answer': description = STATUS_CODES[status] ?? '', ...body } = asRecord(answer)
    const content =
      streams === undefined
        ? { 'application/json': withExample(body) }
        : { [streams.mediaType]: { schema: withRefs(streams.schema) } }
    answers[status] = {
      description: streams === undefined ? description : `${description}\n\n\`\`\`\n${streams.example}\`\`\``,
      headers: conditional ? { ...headers, ...ETAG } : headers,
      ...(body['type'] === 'null' ? {} : { content }),
    }
  }
  if (conditional)
    answers['304'] = {
      description: 'Not changed since this `ETag`',
      headers: { ...headers, ...ETAG },
    }
  return { ...answers, ...problemAnswers(problems) }
}

function withExample(body: Json): Json {
  const name = typeof body['$id'] === 'string' ? body['$id'] : ''
  const example = EXAMPLES[name]
  return { schema: withRefs(body), ...(example === undefined ? {} : { example }) }
}

function problemAnswers(names: readonly ProblemName[]): Json {
  const statuses = new Set(names.map((name) => PROBLEM_KINDS[name].status))
  return Object.fromEntries(
    [...statuses].map((status) => [
      String(status),
      problemAnswer(names.filter((name) => PROBLEM_KINDS[name].status === status)),
    ]),
  )
}

function problemAnswer(names: readonly ProblemName[]): Json {
  const kinds: readonly ProblemKind[] = names.map((name) => PROBLEM_KINDS[name])
  const refs = names.map((name) => componentRef(problemComponent(name)))
  const [first] = refs
  return {
    description: names.map((name, at) => `[${name}](/problems/${name}): ${kinds[at]?.when}`).join('\n\n'),
    headers: kinds.some(({ retryAfter }) => retryAfter) ? { ...ALWAYS, ...RETRY_AFTER } : ALWAYS,
    content: { 'application/problem+json': { schema: refs.length === 1 ? first : { oneOf: refs } } },
  }
}

const asRecord = (value: unknown): Json => (typeof value === 'object' && value !== null ? { ...value } : {})
