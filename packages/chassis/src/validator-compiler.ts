import type { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'

/**
 * Compiles a schema into a validator like the library's own: strings of paths and queries are converted to the schema's types. A
 * value that matches already, such as an id or an empty query, is not converted first: that costs as much as a route's other work.
 */
export const compileValidator: typeof TypeBoxValidatorCompiler = ({ schema, httpPart }) => {
  const validator = Compile(schema)
  return (value) => {
    if (validator.Check(value)) return { value }
    const converted = httpPart === 'body' ? value : Value.Convert(schema, value)
    return validator.Check(converted) ? { value: converted } : { error: validator.Errors(converted) }
  }
}
