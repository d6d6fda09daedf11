import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { laterMigrations, testDatabase, testRoles } from '@ikigai/testkit'
import postgres from 'postgres'
import t from 'tap'
import { MigrationMismatchError, migrate, openDatabase } from '../src/index.ts'
import { expandFaults } from './expand-rules.ts'

const migrationsDir = fileURLToPath(new URL('../migrations', import.meta.url))

const EXPAND = `alter table athletes add column nickname text;
--> statement-breakpoint
create table clubs (id text primary key, athlete_id bigint not null);
--> statement-breakpoint
alter table clubs add constraint clubs_athlete foreign key (athlete_id) references athletes(id) on delete cascade;
--> statement-breakpoint
create index athletes_nickname_idx on athletes (nickname);`
const CONTRACT = `-- contract: 0001\nalter table athletes drop column username;`

t.test(
  'upgrade: every migration after the first one expands, or names the release it waits for',
  async (t) => {
    const files = (await readdir(migrationsDir)).filter((name) => name.endsWith('.sql')).sort()
    for (const name of files.slice(1))
      t.same(expandFaults(await readFile(join(migrationsDir, name), 'utf8')), [], name)
    t.ok(files.length > 0)
  },
)

t.test('the rule: what only adds passes, what a running release would miss does not', async (t) => {
  t.same(expandFaults(EXPAND), [])
  t.same(expandFaults('alter table "athletes" add column "n" integer not null default 0;'), [])
  t.same(
    expandFaults('alter table "athletes" add column "n" bigint not null generated always as identity;'),
    [],
  )
  t.same(expandFaults('create index "i" on "athletes" ("id");'), [])
  t.same(expandFaults('create table "x" ("id" text not null); create unique index "i" on "x" ("id");'), [])
  t.same(expandFaults('alter table a add constraint c check (x > 0) not valid;'), [])
  for (const statement of [
    'drop table "athletes";',
    'alter table "athletes" drop column "username";',
    'alter table "athletes" rename column "username" to "name";',
    'alter table "athletes" rename to "people";',
    'alter table "athletes" alter column "id" set data type text;',
    'alter table "athletes" alter column "username" set not null;',
    'alter table "athletes" alter column "grant_state" drop default;',
    'alter table "athletes" add column "n" integer not null;',
    'alter table "athletes" add constraint "c" check ("id" > 0);',
    'create unique index "i" on "athletes" ("username");',
    'truncate "athletes";',
  ]) {
    t.equal(expandFaults(statement).length, 1, statement)
    t.same(expandFaults(`-- contract: 0003\n${statement}`), [], 'unless it says what it waits for')
  }
})

t.test(
  'a later release expands the schema: this one starts on it, and takes no right from that one',
  async (t) => {
    const database = await testDatabase(t)
    const { gateway } = await testRoles(t, database)
    await migrate(database.url, { folder: await laterMigrations(t, [EXPAND]) })
    const sql = postgres(database.url, { max: 1 })
    t.teardown(() => sql.end())
    const role = new URL(gateway).username
    await sql.unsafe(`grant select on clubs to "${role}"`)
    await Promise.all([migrate(database.url), migrate(gateway, { waitMs: 1 })])
    const later = postgres(gateway, { max: 1 })
    t.teardown(() => later.end())
    t.same([...(await later`select * from clubs`)], [], 'a right of the later release')
    const own = openDatabase({ url: gateway, name: 'test', max: 1, user: 'gateway' })
    t.teardown(own.close)
    await own.ping()
  },
)

t.test(
  'a later release contracts it: this one refuses, with a sentence and 78; the one between runs',
  async (t) => {
    const database = await testDatabase(t)
    const { gateway } = await testRoles(t, database)
    const [expanded, contracted] = [
      await laterMigrations(t, [EXPAND]),
      await laterMigrations(t, [EXPAND, CONTRACT]),
    ]
    await migrate(database.url, { folder: contracted })
    const refusal = {
      name: MigrationMismatchError.name,
      exitCode: 78,
      message:
        /too old for the database: it has 1 migrations, and the schema requires a release with 2 or more/,
    }
    await t.rejects(migrate(database.url), refusal)
    await t.rejects(migrate(gateway, { waitMs: 1 }), refusal)
    await migrate(database.url, { folder: expanded })
    await migrate(gateway, { waitMs: 1, folder: expanded })
  },
)
