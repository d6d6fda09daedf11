import postgres, { type Sql } from 'postgres'

/** The statements of a transaction, as Drizzle sends them. */
export interface Statements {
  readonly unsafe: Sql['unsafe']
  /** A transaction within the transaction. */
  savepoint(work: Work): Promise<unknown>
  /** Sends COMMIT; what is sent after it is rejected. */
  commit?(): void
}

/** What a transaction does. */
export type Work = (statements: Statements) => unknown

/** The transaction has ended, so the statement was not sent. */
export class TransactionEndedError extends Error {
  override readonly name = 'TransactionEndedError'
}

/**
 * Runs a transaction in fewer round trips than the driver's own `begin`: BEGIN is sent together with the first statements, and
 * COMMIT, where `sendWithCommit` says so, together with the last. Each is answered in turn, and after a failure PostgreSQL
 * rejects what follows and answers COMMIT with ROLLBACK.
 *
 * It takes its connection as `begin` does, by the option `onexecute`, which the driver does not document: the tests of lost
 * connections, failed statements and changed schemas hold it to the same behaviour.
 */
export async function beginPipelined(client: Sql, work: Work): Promise<unknown> {
  const pipeline = openPipeline(client)
  await pipeline.opened
  return Promise.race([pipeline.lost, runToEnd(pipeline, work)])
}

async function runToEnd(pipeline: Pipeline, work: Work): Promise<unknown> {
  const scope = scopeOf(pipeline)
  let ending: Promise<string> | undefined
  const end = (statement: 'commit' | 'rollback'): Promise<string> => {
    ending ??= pipeline.end(statement)
    ending.catch(() => {})
    return ending
  }
  let result: unknown
  try {
    result = await work({ ...scope.statements, commit: () => void end('commit') })
    scope.assertNoneFailed()
  } catch (error) {
    await end('rollback').catch(() => {})
    throw scope.causeOf(error)
  }
  const command = await end('commit')
  if (command !== 'COMMIT') throw new TransactionEndedError(`the transaction ended with ${command}`)
  return result
}

/** Statements whose failures are recorded apart from those of the surrounding transaction. */
function scopeOf(pipeline: Pipeline) {
  let failure: unknown
  const unsafe: Sql['unsafe'] = <Rows extends unknown[]>(...args: Parameters<Sql['unsafe']>) => {
    const query = pipeline.unsafe<Rows>(...args)
    query.catch((error: unknown) => {
      failure ??= error
    })
    return query
  }
  const savepoint = async (work: Work) => {
    const name = `s${pipeline.nextSavepoint()}`
    await unsafe(`savepoint ${name}`)
    const inner = scopeOf(pipeline)
    try {
      const result = await work(inner.statements)
      inner.assertNoneFailed()
      return result
    } catch (error) {
      await unsafe(`rollback to ${name}`)
      throw inner.causeOf(error)
    }
  }
  const statements: Statements = { unsafe, savepoint }
  return {
    statements,
    /** Throws the first failure, even if the caller caught it: PostgreSQL has aborted the transaction. */
    assertNoneFailed: () => {
      if (failure !== undefined) throw failure
    },
    /** The first failure, in place of an error that only reports an aborted transaction. */
    causeOf: (error: unknown) =>
      error instanceof postgres.PostgresError && error.code === '25P02' ? (failure ?? error) : error,
  }
}

type Pipeline = ReturnType<typeof openPipeline>

/** The driver's connection, as `onexecute` receives it. */
interface Connection {
  /** Sends a query. @returns whether another may follow before it is answered */
  execute(query: object): unknown
  /** Called when all sent queries are answered. The driver clears it after the end of the transaction and reuses the connection. */
  reserved: (() => void) | null
  onclose: ((error: Error) => void) | null
  /** The pool's list that contains the connection. */
  queue: { remove(connection: Connection): unknown; push(connection: Connection): unknown }
}

/** In no list of the pool, so that no other query gets the connection. */
const NOWHERE: Connection['queue'] = { remove: () => {}, push: () => {} }

/** Opens a transaction on a connection of the pool without waiting for the answer to BEGIN. */
function openPipeline(client: Sql) {
  const waiting: object[] = []
  let connection: Connection | undefined
  let isBlocked = false
  let end: Error | undefined
  let savepoints = 0
  let reportLoss = (_error: Error) => {}
  const lost = new Promise<never>((_resolve, reject) => {
    reportLoss = reject
  })
  lost.catch(() => {})

  function close(error: Error): void {
    end = error
    for (const query of waiting.splice(0)) rejectQuery(query, error)
    reportLoss(error)
  }

  function send(query: object): void {
    if (end !== undefined) rejectQuery(query, end)
    else if (isBlocked) waiting.push(query)
    else execute(query)
  }

  /** A query that PostgreSQL has to describe first must be answered before the next one is sent. */
  function execute(query: object): void {
    isBlocked = connection?.execute(query) !== true
  }

  function resume(): void {
    isBlocked = false
    while (!isBlocked) {
      const query = waiting.shift()
      if (query === undefined) return
      execute(query)
    }
  }

  const opened = new Promise<void>((resolve, reject) => {
    const onexecute = (given: Connection) => {
      given.queue.remove(given)
      Object.assign(given, { queue: NOWHERE, reserved: resume, onclose: close })
      connection = given
      resolve()
    }
    const options = { prepare: false, onexecute }
    client.unsafe('begin', [], options).catch((error: Error) => {
      close(error)
      reject(error)
    })
  })

  /** Makes a query go to this transaction when it is first awaited; the driver would give it to the pool. */
  const adopt = <Query extends Promise<unknown>>(query: Query, onSent = () => {}): Query => {
    Reflect.set(query, 'handler', () => {
      send(query)
      onSent()
    })
    return query
  }

  return {
    opened,
    /** Rejects when the connection closes. */
    lost,
    unsafe: <Rows extends unknown[]>(...args: Parameters<Sql['unsafe']>) =>
      adopt(client.unsafe<Rows>(...args)),
    nextSavepoint: () => savepoints++,
    /** Sends the last statement. @returns PostgreSQL's command tag, COMMIT or ROLLBACK */
    end: async (statement: 'commit' | 'rollback'): Promise<string> => {
      const { command } = await adopt(client.unsafe(statement), () => {
        end ??= new TransactionEndedError('the transaction has ended')
      })
      return command
    },
  }
}

/** Rejects a query of the driver by its own `reject` property; a later outcome is ignored. */
export function rejectQuery(query: object, error: Error): void {
  const reject: unknown = Reflect.get(query, 'reject')
  if (typeof reject === 'function') reject(error)
}
