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

/** Other replicas have written before this one in every attempt of a step. */
export class LedgerContentionError extends Error {
  override readonly name = 'LedgerContentionError'
}

/** Strava has one application; its ledger is one row. */
const ID = 'strava'
const validator = Compile(LedgerStateSchema)

/** The stored state and its version. */
export interface LedgerRow {
  readonly state: LedgerState
  readonly version: string
}

/** Result of {@link compareAndSet}: the new version, or the row that another replica has written since. */
export interface Comparison {
  readonly version?: string
  /** Undefined if it is not visible yet. */
  readonly other?: LedgerRow | undefined
}

/** Writes the state if the row's version is still `version`. After a conflict the same statement returns the newer row. */
export async function compareAndSet(
  db: Db,
  version: string,
  state: LedgerState,
  { now }: ClockBound,
): Promise<Comparison> {
  const [row] = await db.execute<{ written: string | null; version: string; state: string | null }>(sql`
    with written as (
      update ${quotaLedger} set state = ${JSON.stringify(state)}::text::jsonb, version = version + 1,
        updated_at = ${new Date(now).toISOString()}::timestamptz
      where id = ${ID} and version = ${version}::bigint
      returning version)
    select written.version::text as written, q.version::text as version,
      case when written.version is null then q.state end as state
    from ${quotaLedger} q left join written on true where q.id = ${ID}`)
  if (row === undefined) return {}
  if (row.written !== null) return { version: row.written }
  // A statement that waited for the other writer still sees the row as it was before.
  if (row.state === null || row.version === version) return {}
  return { other: { state: parse(JSON.parse(row.state)), version: row.version } }
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
  db: Db,
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

async function selectRow(db: Db | Tx): Promise<LedgerRow | undefined> {
  const [row] = await db.select().from(quotaLedger).where(eq(quotaLedger.id, ID))
  return row && { state: parse(row.state), version: String(row.version) }
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
