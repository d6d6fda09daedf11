import type { Clock } from '@ikigai/chassis'
import type { Db } from '@ikigai/db'
import { athleteTransaction } from '../grants/athlete-transaction.ts'
import type { GrantStore } from '../grants/grant-store.ts'
import type { SealedRow, SealedTable } from './sealed-tables.ts'

/**
 * Updates whether a grant is marked as unreadable. An unreadable grant needs a new sign-in; one that is readable again returns to
 * the state that it had before.
 */
export async function markReadability(
  { db, store, clock }: { readonly db: Db; readonly store: GrantStore; readonly clock: Clock },
  table: SealedTable,
  { id, unreadable }: SealedRow,
  opens: boolean,
): Promise<void> {
  if (table.name !== 'grants' || opens === !unreadable) return
  await athleteTransaction(db, id, async (tx) => {
    const grant = await store.read(tx, id)
    if (grant === undefined || (grant.tokens !== undefined) !== opens) return
    if (opens) await store.markReadable(tx, id, clock.now())
    else await store.markUnreadable(tx, id, clock.now())
  })
}
