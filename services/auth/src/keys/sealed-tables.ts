import { type Db, grants, revocationsDue } from '@ikigai/db'
import { and, asc, eq, gt, not, or, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { owedContext } from '../erasure/owed.ts'
import { grantContext } from '../grants/grant-store.ts'

/** A row with sealed texts, each with the context under which it opens. */
export interface SealedRow {
  readonly id: string
  readonly sealed: readonly { readonly text: string; readonly context: string }[]
  /** Whether it is noted that no key opens it. */
  readonly unreadable: boolean
}

/** A table with sealed texts. */
export interface SealedTable {
  readonly name: 'grants' | 'debts'
  /** Rows in the order of their ids. */
  rows(db: Db, afterId: string | undefined, limit: number): Promise<SealedRow[]>
  countUnderOldKeys(db: Db, prefix: string): Promise<number>
  /** Puts other texts in the place of the row's, unless they have changed. Resolves with whether it did. */
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
  countUnderOldKeys: (db, prefix) => db.$count(grants, grantIsOld(prefix)),
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

const sealedDebts: SealedTable = {
  name: 'debts',
  rows: async (db, afterId, limit) => {
    const rows = await db
      .select({ id: revocationsDue.id, text: revocationsDue.sealedToken })
      .from(revocationsDue)
      .where(afterId === undefined ? undefined : gt(revocationsDue.id, afterId))
      .orderBy(asc(revocationsDue.id))
      .limit(limit)
    return rows.map(({ id, text }) => ({
      id,
      unreadable: false,
      sealed: [{ text, context: owedContext(id) }],
    }))
  },
  countUnderOldKeys: (db, prefix) => db.$count(revocationsDue, isOld(revocationsDue.sealedToken, prefix)),
  replace: async (db, { id, sealed }, [sealedToken]) => {
    if (sealedToken === undefined) return false
    const replaced = await db
      .update(revocationsDue)
      .set({ sealedToken })
      .where(and(eq(revocationsDue.id, id), eq(revocationsDue.sealedToken, sealed[0]?.text ?? '')))
      .returning({ id: revocationsDue.id })
    return replaced.length > 0
  },
}

/** Everything that lies sealed under `TOKEN_ENCRYPTION_KEYS`. */
export const SEALED_TABLES: readonly SealedTable[] = [sealedGrants, sealedDebts]
