import { sql } from 'drizzle-orm'
import type { Db } from './client.ts'
import { MIGRATIONS_FOLDER, readMigrations } from './migration-files.ts'
import { roleName } from './roles.ts'
import { DATABASE_USERS, TABLE_PRIVILEGES, type TablePrivilege } from './table-privileges.ts'

/** Numbers of migrations. */
export interface SchemaState {
  /** Applied to the database. */
  readonly applied: number
  /** Known to this release. */
  readonly known: number
  /** Minimum that a release must know. */
  readonly minimum: number
}

/** State of the schema. @throws Postgres' error, also when there is no schema yet */
export async function schemaState(db: Db): Promise<SchemaState> {
  const [row] = await db.execute<{ applied: number; minimum: number }>(sql`
    select (select count(*)::int from drizzle.__drizzle_migrations) as applied,
      coalesce((select migrations from public.schema_minimum), 1) as minimum`)
  const known = readMigrations(MIGRATIONS_FOLDER)?.hashes.length ?? 0
  return { applied: row?.applied ?? 0, known, minimum: row?.minimum ?? 1 }
}

/** A privilege of a role on a table: `ikigai_gateway may select athletes`. */
interface Privilege {
  readonly role: string
  readonly table: string
  readonly privilege: TablePrivilege
}

/** Differences of the roles' privileges from {@link TABLE_PRIVILEGES}. */
export interface PrivilegeReport {
  /** Existing roles of ikigai; none if the services connect as the owner. */
  readonly roles: readonly string[]
  readonly missing: readonly string[]
  /** Privileges beyond the list. */
  readonly excess: readonly string[]
}

const OF_TABLES = ['select', 'insert', 'update', 'delete'] as const

/** Compares the privileges of every role of ikigai with those of this release. */
export async function privilegeReport(db: Db): Promise<PrivilegeReport> {
  const [current] = await db.execute<{ name: string }>(sql`select current_database() as name`)
  const users = new Map(DATABASE_USERS.map((user) => [roleName(current?.name ?? '', user), user]))
  const found = await db.execute<{ role: string }>(sql`
    select rolname as role from pg_roles where rolname in (${sql.join(
      [...users.keys()].map((name) => sql`${name}`),
      sql`, `,
    )})
      and not rolsuper`)
  const wanted: Privilege[] = []
  const unwanted: Privilege[] = []
  for (const { role } of found) {
    const user = users.get(role)
    if (user === undefined) continue
    for (const [table, byUser] of Object.entries(TABLE_PRIVILEGES)) {
      const own = byUser[user] ?? []
      wanted.push(...own.map((privilege) => ({ role, table, privilege })))
      unwanted.push(
        ...OF_TABLES.filter((each) => !own.includes(each)).map((privilege) => ({ role, table, privilege })),
      )
    }
  }
  const [held, heldBesides] = await Promise.all([areHeld(db, wanted), areHeld(db, unwanted)])
  return {
    roles: found.map(({ role }) => role),
    missing: wanted.filter((_, i) => !held[i]).map(sentenceOf),
    excess: unwanted.filter((_, i) => heldBesides[i]).map(sentenceOf),
  }
}

const sentenceOf = ({ role, table, privilege }: Privilege) => `${role} may ${privilege} ${table}`

/** Whether each privilege is granted; false for a missing table. */
async function areHeld(db: Db, privileges: readonly Privilege[]): Promise<readonly boolean[]> {
  const asked = privileges.map(({ role, table, privilege }, place) => ({
    place,
    role,
    table: `public.${table}`,
    column: privilege === 'ids' || privilege === 'lock' ? 'id' : null,
    right: privilege === 'ids' ? 'select' : privilege === 'lock' ? 'update' : privilege,
  }))
  const rows = await db.execute<{ held: boolean }>(sql`
    select coalesce(case when "column" is null then has_table_privilege(role, to_regclass("table"), "right")
      else has_column_privilege(role, to_regclass("table"), "column", "right") end, false) as held
    from json_to_recordset(${JSON.stringify(asked)}::json)
      as asked(place int, role text, "table" text, "column" text, "right" text)
    order by place`)
  return rows.map(({ held }) => held)
}

/** A service that is connected to this database. */
export interface ConnectedService {
  readonly service: string
  /** `0.1.0+1a2b3c4d5e6f` */
  readonly build: string
}

/** The services and builds that are connected, by the names of their connections (`connectionName`). */
export async function connectedServices(db: Db): Promise<readonly ConnectedService[]> {
  const rows = await db.execute<{ name: string }>(sql`
    select distinct application_name as name from pg_stat_activity
    where datname = current_database() and application_name like 'ikigai-% %' order by 1`)
  return rows.flatMap(({ name }) => {
    const [, service, build] = /^ikigai-(\w+) (\S+)$/.exec(name) ?? []
    return service === undefined || build === undefined ? [] : [{ service, build }]
  })
}
