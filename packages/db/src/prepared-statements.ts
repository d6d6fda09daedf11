import type { Sql, TransactionSql } from 'postgres'

/** Statements with more parameters come in many lengths (lists of rows): each would be kept on every connection. */
const MOST_PARAMETERS = 40

/**
 * The same client, with each statement prepared once on a connection and sent in one round trip from then on. Drizzle
 * asks for neither, and what is not prepared takes two round trips: one to describe it, one to run it.
 */
export function withPreparedStatements<Client extends Sql | TransactionSql>(client: Client): Client {
  return new Proxy(client, {
    get(target, name, receiver): unknown {
      if (name === 'unsafe') return unsafeOf(target)
      if (name === 'begin' && 'begin' in target) return scoped(target.begin)
      if (name === 'savepoint' && 'savepoint' in target) return scoped(target.savepoint)
      return Reflect.get(target, name, receiver)
    },
  })
}

const unsafeOf =
  ({ unsafe }: Sql | TransactionSql): Sql['unsafe'] =>
  (text, parameters = [], options) => {
    const { length } = parameters
    return unsafe(text, parameters, { ...options, prepare: length > 0 && length <= MOST_PARAMETERS })
  }

type Work = (sql: TransactionSql) => unknown

/** A function that hands a transaction's client to its last argument. */
const scoped =
  (enter: (work: Work) => unknown) =>
  (work: Work): unknown =>
    enter((sql) => work(withPreparedStatements(sql)))
