import type { Lane } from '@ikigai/contracts'
import type { Db, Tx } from '@ikigai/db'
import { owesMessages } from '@ikigai/outbox'
import { arrivalsOf, lanesScheduledBy } from './schedule.ts'

/** Who is told of what a transaction has left behind. */
export interface AfterCommit {
  /** The outbox holds something new. */
  readonly sendOutbox: () => void
  /** A lane's queue holds something new. */
  readonly wake: (lane: Lane) => void
  /** Work was accepted that had not been asked for before. */
  readonly arrived: (lane: Lane, count: number) => void
}

/** The same database, whose transactions tell after their commit what they have left: nobody who writes has to think of it. */
export function tellingAfterCommit(db: Db, { sendOutbox, wake, arrived }: AfterCommit): Db {
  const transaction: Db['transaction'] = async (work, config) => {
    let committed: Tx | undefined
    const result = await db.transaction((tx) => {
      committed = tx
      return work(tx)
    }, config)
    if (committed === undefined) return result
    if (owesMessages(committed)) sendOutbox()
    for (const lane of lanesScheduledBy(committed)) wake(lane)
    for (const [lane, count] of arrivalsOf(committed)) arrived(lane, count)
    return result
  }
  return new Proxy(db, {
    get: (target, name, receiver) =>
      name === 'transaction' ? transaction : Reflect.get(target, name, receiver),
  })
}
