import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Compile as compileSchema } from 'typebox/schema'
import { parseMessage } from './live-client.ts'

const Ref = Type.Object({ $ref: Type.String() })
const ProblemRefs = Type.Union([Ref, Type.Object({ oneOf: Type.Array(Ref) })])
const Documented = Type.Object({
  headers: Type.Record(Type.String(), Type.Object({ schema: Type.Object({ type: Type.String() }) })),
  content: Type.Optional(
    Type.Record(Type.String(), Type.Object({ schema: Type.Record(Type.String(), Type.Unknown()) })),
  ),
})
type Responses = Readonly<Record<string, Type.Static<typeof Documented>>>
const Document = Compile(
  Type.Object({
    paths: Type.Record(
      Type.String(),
      Type.Record(Type.String(), Type.Object({ responses: Type.Record(Type.String(), Documented) })),
    ),
    components: Type.Object({ schemas: Type.Record(Type.String(), Type.Unknown()) }),
  }),
)
const problem = Compile(
  Type.Object({ properties: Type.Object({ type: Type.Object({ const: Type.String() }) }) }),
)
const problemBody = Compile(Type.Object({ type: Type.String() }))
const problemRefs = Compile(ProblemRefs)

const PROBLEM = 'application/problem+json'

/** The OpenAPI document, to validate answers with. */
export interface Description {
  /** `GET /v1/me`, `GET /v1/activities/{id}`, … */
  readonly operations: readonly string[]
  /** The documented answers of an operation: a success by its status (`200`), a problem by its kind. */
  answersOf(operation: string): readonly string[]
  /** Which of them an answer is, and how it differs from the document. Of a stream, the first message is validated. */
  hold(
    operation: string,
    response: Response,
  ): Promise<{ readonly name: string; readonly faults: readonly string[] }>
}

/** Reads an OpenAPI document as {@link Description}. */
export function descriptionOf(json: unknown): Description {
  const { paths, components } = Document.Parse(json)
  const operations = new Map<string, Responses>(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, { responses }]) => [`${method.toUpperCase()} ${path}`, responses] as const,
      ),
    ),
  )

  const kindOf = ({ $ref }: { readonly $ref: string }) =>
    nameOf(problem.Parse(components.schemas[$ref.split('/').at(-1) ?? '']).properties.type.const)

  const namesOf = (status: string, { content }: Type.Static<typeof Documented>): readonly string[] => {
    const schema = content?.[PROBLEM]?.schema
    if (schema === undefined) return [status]
    const refs = problemRefs.Parse(schema)
    return 'oneOf' in refs ? refs.oneOf.map(kindOf) : [kindOf(refs)]
  }

  const faultsOf = (documented: Type.Static<typeof Documented>, response: Response, body: string) => {
    const faults: string[] = []
    for (const [name, { schema }] of Object.entries(documented.headers)) {
      const value = response.headers.get(name)
      const isRight = value !== null && (schema.type !== 'integer' || /^\d+$/.test(value))
      if (!isRight) faults.push(`the header ${name} is ${value}`)
    }
    const mediaType = mediaTypeOf(response)
    const { content = {} } = documented
    if (Object.keys(content).length === 0) return body === '' ? faults : [...faults, 'there is a body']
    const schema = content[mediaType]?.schema
    if (schema === undefined) return [...faults, `the media type is ${mediaType}`]
    const validator = compileSchema({ ...schema, components })
    for (const one of partsOf(mediaType, body)) {
      const [fits, errors] = validator.Errors(one)
      if (!fits) faults.push(`${JSON.stringify(one)}: ${JSON.stringify(errors)}`)
    }
    return faults
  }

  return {
    operations: [...operations.keys()],
    answersOf: (operation) =>
      Object.entries(operations.get(operation) ?? {}).flatMap(([status, answer]) => namesOf(status, answer)),
    async hold(operation, response) {
      const body = await bodyOf(response)
      const status = String(response.status)
      const name = mediaTypeOf(response) === PROBLEM ? kindOfBody(body) : status
      const documented = operations.get(operation)?.[status]
      const faults =
        documented === undefined
          ? [`${operation} answers ${status}, which is not documented: ${body}`]
          : faultsOf(documented, response, body)
      return { name, faults }
    },
  }
}

/** `/problems/internal` → `internal` */
const nameOf = (type: string) => type.slice(type.lastIndexOf('/') + 1)

const kindOfBody = (body: string) => nameOf(problemBody.Parse(JSON.parse(body)).type)

const mediaTypeOf = ({ headers }: Response) => (headers.get('content-type') ?? '').split(';', 1)[0] ?? ''

async function bodyOf(response: Response): Promise<string> {
  if (mediaTypeOf(response) !== 'text/event-stream' || response.body === null) return response.text()
  let text = ''
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk
    if (text.includes('\n\n')) break
  }
  return text.slice(0, text.indexOf('\n\n'))
}

/** The parts that the schema describes: the whole body, each line, or each message. */
function partsOf(mediaType: string, body: string): unknown[] {
  if (mediaType === 'application/x-ndjson')
    return body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  return [mediaType === 'text/event-stream' ? parseMessage(body) : JSON.parse(body)]
}
