import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'

type Compile = typeof TypeBoxValidatorCompiler

/**
 * Compiles a schema into a validator. The result for an empty value is cached, because most requests have no query and
 * converting each property costs as much as a route's other work.
 */
export const compileValidator: Compile = (route) => {
  const validate = TypeBoxValidatorCompiler(route)
  if (route.httpPart !== 'querystring') return validate
  const empty = validate({})
  return (value) => (isEmpty(value) ? copyOf(empty) : validate(value))
}

function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  for (const _name in value) return false
  return true
}

/** A copy, so that each request has its own query object. */
const copyOf = (result: ReturnType<ReturnType<Compile>>): typeof result =>
  typeof result === 'object' && 'value' in result ? { value: { ...result.value } } : result
