import { type Db, invitations, type Tx } from '@ikigai/db'
import { and, eq, gt, lt, sql } from 'drizzle-orm'

const isValid = (tokenHash: string, now: Date) =>
  and(
    eq(invitations.tokenHash, tokenHash),
    gt(invitations.expiresAt, now),
    lt(invitations.uses, invitations.maxUses),
  )

/** Whether an invitation can be used now. */
export async function isInvited(db: Db, tokenHash: string, now: Date): Promise<boolean> {
  return (await db.$count(invitations, isValid(tokenHash, now))) > 0
}

/** Uses an invitation once, in the transaction that creates the account. @returns whether it was valid */
export async function useInvitation(tx: Tx, tokenHash: string, now: Date): Promise<boolean> {
  const used = await tx
    .update(invitations)
    .set({ uses: sql`${invitations.uses} + 1` })
    .where(isValid(tokenHash, now))
    .returning({ id: invitations.id })
  return used.length > 0
}
