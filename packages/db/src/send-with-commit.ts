import type { Tx } from './client.ts'

/**
 * Sends the last statements of a transaction, and COMMIT right behind them, without waiting for their answers: one round trip
 * less. If one of them fails, PostgreSQL rolls the transaction back.
 *
 * @param send hands over all of them at once; a statement after that is rejected
 */
export function sendWithCommit<T>(tx: Tx, send: () => Promise<T>): Promise<T> {
  const sent = send()
  const commit = commitOf(tx)
  // Drizzle gives statements to the driver in microtasks, and the driver writes them after this.
  if (commit !== undefined) setImmediate(commit)
  return sent
}

/** Drizzle keeps the client that it was given; a transaction within a transaction has no COMMIT. */
function commitOf(tx: Tx): (() => void) | undefined {
  const session: unknown = Reflect.get(tx, 'session')
  const client: unknown = isObject(session) ? Reflect.get(session, 'client') : undefined
  const commit: unknown = isObject(client) ? Reflect.get(client, 'commit') : undefined
  return typeof commit === 'function' ? () => void commit() : undefined
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
