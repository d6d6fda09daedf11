import type { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'

/**
 * Compiles a schema into a validator, as the library's own does: texts of paths and queries become what the schema says. What
 * matches as it is, such as an id or no query at all, is not converted first: that costs as much as a route's other work.
 */
export const compileValidator: typeof TypeBoxValidatorCompiler = ({ schema, httpPart }) => {
  const validator = Compile(schema)
  return (value) => {
    if (validator.Check(value)) return { value }
    const converted = httpPart === 'body' ? value : Value.Convert(schema, value)
    return validator.Check(converted) ? { value: converted } : { error: validator.Errors(converted) }
  }
}
