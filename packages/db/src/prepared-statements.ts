import postgres, { type Sql } from 'postgres'
import type { Availability } from './availability.ts'
import { beginPipelined, rejectQuery, type Statements, type Work } from './pipelined-transaction.ts'

/** Longer statements are not prepared: they are lists of rows of varying length, and each variant would be kept on every connection. */
const MAX_PARAMETERS = 40

/** Number of times that a client's statements were outdated; it is part of each statement's text. */
interface Generation {
  number: number
}

/**
 * The same client, with each statement prepared once on a connection and sent in one round trip from then on. Drizzle
 * requests no preparation, and an unprepared statement takes two round trips: describe, and execute.
 *
 * A change of the schema outdates prepared statements. Outside of a transaction the driver prepares such a statement again and
 * runs it. A transaction fails as a whole: it is rolled back and run once more, with new statements on any connection. So the
 * function of a transaction may run twice. Its effects beyond the database must be repeatable, or come after the last
 * statement that returns rows (only those can be outdated).
 */
export function withPreparedStatements(client: Sql, availability?: Availability): Sql {
  const generation: Generation = { number: 0 }
  return new Proxy(client, {
    get(target, name, receiver): unknown {
      if (name === 'unsafe') return watched(unsafeOf(target, generation), generation, availability)
      if (name === 'begin') return whileUp(transactionOf(target, generation), availability)
      return Reflect.get(target, name, receiver)
    },
  })
}

const withinTransaction = (
  { unsafe, savepoint, commit }: Statements,
  generation: Generation,
): Statements => ({
  unsafe: unsafeOf({ unsafe }, generation),
  savepoint: (work) => savepoint((inner) => work(withinTransaction(inner, generation))),
  ...(commit === undefined ? {} : { commit }),
})

const unsafeOf =
  ({ unsafe }: Pick<Sql, 'unsafe'>, { number }: Generation): Sql['unsafe'] =>
  (text, parameters = [], options) => {
    const { length } = parameters
    const isPrepared = length > 0 && length <= MAX_PARAMETERS
    return unsafe(isPrepared ? ofGeneration(text, number) : text, parameters, {
      ...options,
      prepare: isPrepared,
    })
  }

/**
 * Behind a pooler the driver's second attempt fails as well, because the pooler identifies statements by text; so the next
 * statement gets another text. (An awaited query starts in the next microtask, after Drizzle has set the form of its rows.)
 */
const watched =
  (unsafe: Sql['unsafe'], generation: Generation, availability?: Availability): Sql['unsafe'] =>
  <Rows extends unknown[]>(...args: Parameters<Sql['unsafe']>) => {
    availability?.assertUp()
    const { number } = generation
    const query = unsafe<Rows>(...args)
    availability?.watch(query, (error) => rejectQuery(query, error))
    query.catch((error: unknown) => {
      if (isOutdated(error)) generation.number = Math.max(generation.number, number + 1)
    })
    return query
  }

/** Prevents a transaction that was rejected while it waited for a connection from starting later. */
const whileUp =
  (begin: (work: Work) => Promise<unknown>, availability: Availability | undefined) =>
  (work: Work): Promise<unknown> => {
    if (availability === undefined) return begin(work)
    return new Promise((resolve, reject) => {
      availability.assertUp()
      let givenUp: Error | undefined
      const working = begin((sql) => {
        if (givenUp !== undefined) throw givenUp
        return work(sql)
      })
      availability.watch(working, (error) => {
        givenUp = error
        reject(error)
      })
      working.then(resolve, reject)
    })
  }

/** Changes a statement's text, so that driver, PostgreSQL and pooler take it for another one. Appended, so that error positions stay. */
const ofGeneration = (text: string, number: number) => (number === 0 ? text : `${text} /* ${number} */`)

/** `begin` with only the function of a transaction, as Drizzle calls it. */
const transactionOf =
  (client: Sql, generation: Generation) =>
  async (work: Work): Promise<unknown> => {
    const { number } = generation
    const attempt = () => beginPipelined(client, (sql) => work(withinTransaction(sql, generation)))
    try {
      return await attempt()
    } catch (error) {
      if (!isOutdated(error)) throw error
      // Several may detect it at the same time: one increment is enough.
      generation.number = Math.max(generation.number, number + 1)
      return await attempt()
    }
  }

/**
 * Routines of PostgreSQL that report an outdated statement. Its codes and (translated) messages are ambiguous. The driver uses
 * the same ones.
 */
const ROUTINES = new Set(['RevalidateCachedQuery', 'FetchPreparedStatement', 'transformAssignedExpr'])

function isOutdated(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof postgres.PostgresError) return ROUTINES.has(error.routine ?? '')
  return isOutdated(error.cause)
}
