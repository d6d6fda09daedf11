import { type Db, grants, pendingErasures } from '@ikigai/db'
import { and, asc, eq, gt, not, or, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { pendingErasureContext } from '../erasure/pending-erasure.ts'
import { grantContext } from '../grants/grant-store.ts'

/** A row with sealed texts and their contexts. */
export interface SealedRow {
  readonly id: string
  readonly sealed: readonly { readonly text: string; readonly context: string }[]
  /** Whether it is marked as unreadable. */
  readonly unreadable: boolean
}

/** A table with sealed texts. */
export interface SealedTable {
  readonly name: 'grants' | 'pending_erasures'
  /** Rows in the order of their ids. */
  rows(db: Db, afterId: string | undefined, limit: number): Promise<SealedRow[]>
  countOldKey(db: Db, prefix: string): Promise<number>
  /** Compare-and-set: replaces the row's texts unless they have changed. Resolves with whether it did. */
  replace(db: Db, row: SealedRow, texts: readonly string[]): Promise<boolean>
}

const isOld = (column: SQLWrapper, prefix: string): SQL => not(sql`starts_with(${column}, ${prefix})`)

const grantIsOld = (prefix: string) =>
  or(isOld(grants.sealedAccessToken, prefix), isOld(grants.sealedRefreshToken, prefix))

const sealedGrants: SealedTable = {
  name: 'grants',
  rows: async (db, afterId, limit) => {
    const rows = await db
      .select({
        id: grants.athleteId,
        access: grants.sealedAccessToken,
        refresh: grants.sealedRefreshToken,
        unreadableAt: grants.unreadableAt,
      })
      .from(grants)
      .where(afterId === undefined ? undefined : gt(grants.athleteId, afterId))
      .orderBy(asc(grants.athleteId))
      .limit(limit)
    return rows.map(({ id, access, refresh, unreadableAt }) => ({
      id,
      unreadable: unreadableAt !== null,
      sealed: [
        { text: access, context: grantContext(id, 'access') },
        { text: refresh, context: grantContext(id, 'refresh') },
      ],
    }))
  },
  countOldKey: (db, prefix) => db.$count(grants, grantIsOld(prefix)),
  replace: async (db, { id, sealed }, [accessToken, refreshToken]) => {
    if (accessToken === undefined || refreshToken === undefined) return false
    const replaced = await db
      .update(grants)
      .set({ sealedAccessToken: accessToken, sealedRefreshToken: refreshToken })
      .where(
        and(
          eq(grants.athleteId, id),
          eq(grants.sealedAccessToken, sealed[0]?.text ?? ''),
          eq(grants.sealedRefreshToken, sealed[1]?.text ?? ''),
        ),
      )
      .returning({ id: grants.athleteId })
    return replaced.length > 0
  },
}

const sealedPendingErasures: SealedTable = {
  name: 'pending_erasures',
  rows: async (db, afterId, limit) => {
    const rows = await db
      .select({ id: pendingErasures.id, text: pendingErasures.sealedToken })
      .from(pendingErasures)
      .where(afterId === undefined ? undefined : gt(pendingErasures.id, afterId))
      .orderBy(asc(pendingErasures.id))
      .limit(limit)
    return rows.map(({ id, text }) => ({
      id,
      unreadable: false,
      sealed: [{ text, context: pendingErasureContext(id) }],
    }))
  },
  countOldKey: (db, prefix) => db.$count(pendingErasures, isOld(pendingErasures.sealedToken, prefix)),
  replace: async (db, { id, sealed }, [sealedToken]) => {
    if (sealedToken === undefined) return false
    const replaced = await db
      .update(pendingErasures)
      .set({ sealedToken })
      .where(and(eq(pendingErasures.id, id), eq(pendingErasures.sealedToken, sealed[0]?.text ?? '')))
      .returning({ id: pendingErasures.id })
    return replaced.length > 0
  },
}

/** The tables with values sealed under `TOKEN_ENCRYPTION_KEYS`. */
export const SEALED_TABLES: readonly SealedTable[] = [sealedGrants, sealedPendingErasures]
