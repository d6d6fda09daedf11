import type { Tx } from './client.ts'

/** How many more calls of {@link sendWithCommit} a transaction waits for; 1 by default. */
const callsLeft = new WeakMap<Tx, number>()

/** Lets several callers of {@link sendWithCommit} share a transaction: only the last of `pieces` calls sends COMMIT. */
export const shareCommit = (tx: Tx, pieces: number): void => void callsLeft.set(tx, pieces)

/**
 * Sends the last statements of a transaction, and COMMIT right behind them, without waiting for their answers: one round trip
 * less. If one of them fails, PostgreSQL rolls the transaction back.
 *
 * @param send starts all of them at once; a later statement is rejected unless {@link shareCommit} lets others follow
 */
export function sendWithCommit<T>(tx: Tx, send: () => Promise<T>): Promise<T> {
  const sent = send()
  const left = (callsLeft.get(tx) ?? 1) - 1
  callsLeft.set(tx, left)
  const commit = left === 0 ? commitOf(tx) : undefined
  // Drizzle passes statements to the driver in microtasks. The next tick is after those and before the driver's write.
  if (commit !== undefined) queueMicrotask(() => process.nextTick(commit))
  return sent
}

/** Drizzle keeps its client in `session.client`. A nested transaction has no COMMIT. */
function commitOf(tx: Tx): (() => void) | undefined {
  const session: unknown = Reflect.get(tx, 'session')
  const client: unknown = isObject(session) ? Reflect.get(session, 'client') : undefined
  const commit: unknown = isObject(client) ? Reflect.get(client, 'commit') : undefined
  return typeof commit === 'function' ? () => void commit() : undefined
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
