import postgres, { type Sql } from 'postgres'
import type { Availability } from './availability.ts'
import { beginPipelined, rejectQuery, type Statements, type Work } from './pipelined-transaction.ts'

/** Statements with more parameters vary in length (lists of rows), and each variant would be kept on every connection. */
const MAX_PARAMETERS = 40

/** How often the statements of a client have been found outdated; it is part of each statement's text. */
interface Generation {
  number: number
}

/**
 * The same client, with each statement prepared once on a connection and sent in one round trip from then on. Drizzle
 * asks for neither, and what is not prepared takes two round trips: one to describe it, one to run it.
 *
 * A change of the schema outdates statements that are prepared. Outside of a transaction the driver prepares such a one
 * anew and runs it. In a transaction PostgreSQL has given up the whole of it by then: it is rolled back and run once
 * more, with all statements prepared anew on whichever connection it gets. So the function that a transaction runs may
 * run twice. What it does beyond the database is repeatable, or comes after the last statement that returns rows (only
 * those are outdated by what they return).
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
 * Behind a pooler the driver's second attempt fails as well, for the pooler goes by the text: the next statement has another
 * one. (Asked for its outcome, a query starts in the next microtask: Drizzle still says which form it wants its rows in.)
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

/** A transaction that was given up while it waited for a connection does not begin later. */
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

/** Another text is another statement, to the driver, to PostgreSQL and to a pooler. At the end it moves no position. */
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
      // Of several that find out at the same time, one is enough.
      generation.number = Math.max(generation.number, number + 1)
      return await attempt()
    }
  }

/**
 * The places in PostgreSQL that report an outdated statement, whose codes and (translated) messages mean other things as
 * well. The driver goes by the same ones.
 */
const ROUTINES = new Set(['RevalidateCachedQuery', 'FetchPreparedStatement', 'transformAssignedExpr'])

function isOutdated(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof postgres.PostgresError) return ROUTINES.has(error.routine ?? '')
  return isOutdated(error.cause)
}
