import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient as generate } from '@hey-api/openapi-ts'

const HEADER = '// Generated from openapi.json by `npm run client`. Do not edit.\n'

/** What of an OpenAPI document the methods are generated from. */
interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly parameters?: readonly { readonly required?: boolean }[]
  readonly requestBody?: { readonly required?: boolean }
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>
}

/** The document as it is committed. */
export const documentText = (document: unknown): string => `${JSON.stringify(document, null, 2)}\n`

/** Returns the text of each generated source, by its name in `src/`; `document` is OpenAPI 3.1 as JSON text. */
export async function generatedSources(document: string): Promise<Readonly<Record<string, string>>> {
  const parsed: ApiDocument = JSON.parse(document)
  return { 'schema.ts': await schemaSource(document), 'operations.ts': operationsSource(parsed) }
}

async function schemaSource(document: string): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'ikigai-client-'))
  try {
    await generate({
      input: JSON.parse(document),
      output: path,
      plugins: ['@hey-api/typescript'],
      logs: { level: 'silent', file: false },
    })
    const source = await readFile(join(path, 'types.gen.ts'), 'utf8')
    return source.replace(/^\/\/.*\n/, HEADER)
  } finally {
    await rm(path, { recursive: true })
  }
}

function operationsSource({ paths, components }: ApiDocument): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => isJson(operation))
      .map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
  const problems = Object.keys(components.schemas).filter((name) => name.endsWith('Problem'))
  return `${HEADER}
import type { Call, CallOptions } from './call.ts'
import type * as Api from './schema.ts'

/** Every problem that the API answers with (RFC 9457). \`type\` tells them apart, and with it their other members. */
export type Problem =
${problems.map((name) => `  | Api.${name}`).join('\n')}

/** The API's operations that answer with JSON, by their \`operationId\`. */
export const operationsOf = (call: Call) => ({
${operations.map(methodSource).join('\n')}
})
`
}

/** Streams are read by code of their own. */
const isJson = ({ responses }: Operation) =>
  Object.entries(responses).every(
    ([status, { content = {} }]) =>
      !status.startsWith('2') || Object.keys(content).every((type) => type === 'application/json'),
  )

function methodSource({ path, method, operation }: { path: string; method: string; operation: Operation }) {
  const { operationId, parameters = [], requestBody } = operation
  const type = `Api.${operationId.charAt(0).toUpperCase()}${operationId.slice(1)}`
  const needsOptions = requestBody?.required === true || parameters.some(({ required }) => required === true)
  return `${comment(operation)}
  ${operationId}: (options${needsOptions ? '' : '?'}: CallOptions<${type}Data>) =>
    call<${type}Responses, ${type}Errors>('${method}', '${path}', options),`
}

function comment({ summary, description }: Operation): string {
  const lines = [`${summary}.`, ...(description === undefined ? [] : ['', ...description.split('\n')])]
  return `  /**\n${lines.map((line) => `   * ${line.replaceAll('*/', '* /').trim()}`.trimEnd()).join('\n')}\n   */`
}
