import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'

type Compile = typeof TypeBoxValidatorCompiler

/**
 * Compiles a schema into a validator. Most requests have no query: the answer to that is found once, because converting each
 * property of a schema costs as much as a route's other work.
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

/** Each request has a query of its own. */
const copyOf = (result: ReturnType<ReturnType<Compile>>): typeof result =>
  typeof result === 'object' && 'value' in result ? { value: { ...result.value } } : result
