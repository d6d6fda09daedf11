import { type Db, quotaLedger, type Tx } from '@ikigai/db'
import { eq, type SQL, sql } from 'drizzle-orm'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { ClockBound } from './clock-bound.ts'
import { initialState, type LedgerState, LedgerStateSchema, type Limits, STATE_VERSION } from './state.ts'

/** The stored ledger is damaged, or of another version than {@link STATE_VERSION}. */
export class LedgerStateError extends Error {
  override readonly name = 'LedgerStateError'
}

/** Strava has one application; its ledger is one row. */
const ID = 'strava'
const validator = Compile(LedgerStateSchema)

/** PostgreSQL ends the transaction of a replica that holds the row without activity for longer than this (ms). */
const MAX_HOLD_MS = 2_000

/** The stored state and its version. */
export interface LedgerRow {
  readonly state: LedgerState
  readonly version: string
}

/** Writes the state if the row's version is still `version`. @returns the new version, or undefined after a conflict */
export async function compareAndSet(
  db: Db | Tx,
  version: string,
  state: LedgerState,
  { now }: ClockBound,
): Promise<string | undefined> {
  const [row] = await db.execute<{ version: string }>(sql`
    update ${quotaLedger} set state = ${JSON.stringify(state)}::text::jsonb, version = version + 1,
      updated_at = ${new Date(now).toISOString()}::timestamptz
    where id = ${ID} and version = ${version}::bigint
    returning version::text as version`)
  return row?.version
}

/** {@link compareAndSet} as a CTE of a statement that claims work: writes the state for the number of claimed pieces. */
export const writeClaimed = (
  version: string,
  states: readonly LedgerState[],
  { now }: ClockBound,
): SQL => sql`
  update ${quotaLedger} set state = (array[${sql.join(
    states.map((state) => sql`${JSON.stringify(state)}::text`),
    sql`, `,
  )}])[(select count(*)::int from claimed)]::jsonb,
    version = version + 1, updated_at = ${new Date(now).toISOString()}::timestamptz
  where id = ${ID} and exists (select from claimed) and version = ${version}::bigint
  returning version::text`

/** Reads the row; creates it before the first call. */
export async function loadRow(
  db: Db | Tx,
  limits: { read: Limits; overall: Limits },
  { now, earliest }: ClockBound,
): Promise<LedgerRow> {
  const row = await selectRow(db)
  if (row !== undefined) return row
  const first = { id: ID, state: initialState(limits, earliest), updatedAt: new Date(now) }
  await db.insert(quotaLedger).values(first).onConflictDoNothing()
  const made = await selectRow(db)
  if (made === undefined)
    throw new LedgerStateError('the row of the quota ledger was deleted during its creation')
  return made
}

/** Locks the row until the transaction ends. */
export async function lockRow(
  tx: Tx,
  limits: { read: Limits; overall: Limits },
  bound: ClockBound,
): Promise<LedgerRow> {
  const limitHold = tx.execute(sql.raw(`set local idle_in_transaction_session_timeout = ${MAX_HOLD_MS}`))
  const locking = tx.select().from(quotaLedger).where(eq(quotaLedger.id, ID)).for('no key update').execute()
  // Sent together, run one after the other.
  const [, [row]] = await Promise.all([limitHold, locking])
  if (row !== undefined) return rowOf(row)
  await loadRow(tx, limits, bound)
  return lockRow(tx, limits, bound)
}

const rowOf = ({ state, version }: typeof quotaLedger.$inferSelect): LedgerRow => ({
  state: parse(state),
  version: String(version),
})

async function selectRow(db: Db | Tx): Promise<LedgerRow | undefined> {
  const [row] = await db.select().from(quotaLedger).where(eq(quotaLedger.id, ID))
  return row && rowOf(row)
}

/** The stored state, or undefined before the first call. For readers: the gateway, the operator's commands. */
export async function readLedger(db: Db | Tx): Promise<LedgerState | undefined> {
  return (await selectRow(db))?.state
}

const versionOf = Compile(Type.Object({ stateVersion: Type.Integer() }))

/** Throws instead of starting with an empty ledger, which would not count the calls already made. */
function parse(value: unknown): LedgerState {
  if (validator.Check(value)) return value
  const version = versionOf.Check(value) ? value.stateVersion : 'none'
  throw new LedgerStateError(
    version === STATE_VERSION
      ? 'the stored quota ledger is damaged'
      : `the stored quota ledger is of version ${version}; this release reads and writes version ${STATE_VERSION}`,
  )
}
