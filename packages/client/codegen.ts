import openapiTS, { astToString } from 'openapi-typescript'

const HEADER = '// Made by `npm run client` from openapi.json. Do not edit.\n\n'

/** The document as it is committed. */
export const documentText = (document: unknown): string => `${JSON.stringify(document, null, 2)}\n`

/** Writes the source text of `src/schema.ts`: the types of a document of OpenAPI 3.1, given as JSON text. */
export const schemaSource = async (document: string): Promise<string> =>
  HEADER + astToString(await openapiTS(document, { silent: true }))
