import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { migrate } from '@ikigai/db'
import { workspaceRoot } from '@ikigai/dev-env'
import { eventually, laterMigrations, programArguments } from '@ikigai/testkit'
import t, { type Test } from 'tap'
import { type SignedIn, startStack } from './stack.ts'

/** What a later release may do to the schema while this one is running. */
const EXPAND = `alter table athletes add column nickname text;
--> statement-breakpoint
alter table activities add column note text not null default '';
--> statement-breakpoint
create table clubs (id text primary key, athlete_id bigint references athletes(id) on delete cascade);
--> statement-breakpoint
create index activities_note_idx on activities (note);`
const CONTRACT = `-- contract: 0001\nalter table athletes drop column nickname;`

const stack = await startStack(t)
const { admin } = stack.strava
const ownerUrl = stack.env['DATABASE_URL'] ?? ''

async function settled(activities: number): Promise<{ id: string; visitor: SignedIn }> {
  const { id } = admin.createAthlete({ activities })
  const visitor = await stack.signIn(id)
  await eventually(async () => (await visitor.get('/v1/import')).body['state'] === 'complete')
  return { id, visitor }
}

/** Everything that a release does: sign-up, import, a webhook's event, reading, erasure. */
async function works(t: Test, former?: SignedIn): Promise<void> {
  const { id, visitor } = await settled(230)
  const created = admin.createActivity(id, { name: 'While it is upgraded' })
  await eventually(async () => (await visitor.get(`/v1/activities/${created.id}`)).status === 200)
  t.equal((await visitor.get('/v1/activities/random')).status, 200)
  if (former !== undefined)
    t.equal((await former.get('/v1/activities/random')).status, 200, 'a session of before')
  const gone = await visitor.browser.request(`${stack.publicUrl}/v1/me`, { method: 'DELETE' })
  t.equal(gone.status, 204)
  await eventually(async () => (await visitor.get('/v1/me')).status === 401)
}

t.test('upgrade: running services go on while a later release expands the schema', async (t) => {
  const { visitor } = await settled(3)
  const importing = settled(450)
  await migrate(ownerUrl, { folder: await laterMigrations(t, [EXPAND]) })
  await importing
  await works(t, visitor)
})

t.test('upgrade: a replica of this release that starts again on that schema works', async (t) => {
  await stack.startFetcher()
  await works(t)
})

t.test('downgrade: a service older than the schema’s minimum says so and exits with 78', async (t) => {
  await migrate(ownerUrl, { folder: await laterMigrations(t, [EXPAND, CONTRACT]) })
  for (const service of ['fetcher', 'auth', 'ingest', 'gateway'] as const) {
    const main = join(workspaceRoot(), 'services', service, 'src', 'main.ts')
    const { PATH } = process.env
    const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) => {
      const env = { PATH, AUTH_URL: 'http://127.0.0.1:9', ...stack.envOf(service) }
      execFile(process.execPath, programArguments(main), { env }, (error, out, err) =>
        resolve({ code: error?.code, output: out + err }),
      )
    })
    t.equal(code, 78, service)
    t.match(output, 'This release is too old for the database: it has 1 migrations')
  }
})
