import type { Lane } from '@ikigai/contracts'
import type { Db, Tx } from '@ikigai/db'
import { hasMessages } from '@ikigai/outbox'
import { arrivalsOf, lanesScheduledBy } from './schedule.ts'

/** Called after the commit of a transaction. */
export interface AfterCommit {
  /** The outbox has new messages. */
  readonly sendOutbox: () => void
  /** A lane's queue has new entries. */
  readonly wake: (lane: Lane) => void
  /** New work was accepted. */
  readonly arrived: (lane: Lane, count: number) => void
}

/** Wraps the database so that each transaction, after its commit, wakes the outbox relay and the lanes that it queued work in. */
export function notifyingAfterCommit(db: Db, { sendOutbox, wake, arrived }: AfterCommit): Db {
  const transaction: Db['transaction'] = async (work, config) => {
    let committed: Tx | undefined
    const result = await db.transaction((tx) => {
      committed = tx
      return work(tx)
    }, config)
    if (committed === undefined) return result
    if (hasMessages(committed)) sendOutbox()
    for (const lane of lanesScheduledBy(committed)) wake(lane)
    for (const [lane, count] of arrivalsOf(committed)) arrived(lane, count)
    return result
  }
  return new Proxy(db, {
    get: (target, name, receiver) =>
      name === 'transaction' ? transaction : Reflect.get(target, name, receiver),
  })
}
