import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRoles, DATABASE_USERS, migrate, openDatabase, roleUrl } from '@ikigai/db'
import { startPostgres, workspaceRoot } from '@ikigai/dev-env'
import { programArguments } from '@ikigai/testkit'
import postgres from 'postgres'
import t, { type Test } from 'tap'

const script = (name: string) => join(workspaceRoot(), 'deploy', name)

interface Run {
  readonly code: number
  readonly output: string
}

function run(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Run> {
  return new Promise((resolve) => {
    execFile(program, [...args], { env }, (error, out, err) => {
      const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : 1
      resolve({ code, output: out + err })
    })
  })
}

/** Where Debian keeps each version's programs. The embedded PostgreSQL has a server and no pg_dump. */
const DEBIAN = '/usr/lib/postgresql'
const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map(Number) : []
const version = versions
  .filter((major) => major >= 15)
  .sort((a, b) => b - a)
  .find((major) =>
    ['initdb', 'postgres', 'pg_dump', 'pg_restore', 'psql'].every((program) =>
      existsSync(join(DEBIAN, String(major), 'bin', program)),
    ),
  )
const skip = version === undefined && 'there is no pg_dump with a server of its version on this machine'

/** A server of that version, with the environment of its programs. */
async function startServer(t: Test) {
  const folder = await mkdtemp(join(tmpdir(), 'ikigai-backup-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  // PostgreSQL does not run as root, and its user must get in.
  await chmod(folder, 0o755)
  const programs = join(folder, 'programs')
  await mkdir(join(programs, 'share'), { recursive: true })
  await symlink(join(DEBIAN, String(version), 'bin'), join(programs, 'bin'))
  await symlink(`/usr/share/postgresql/${version}`, join(programs, 'share', 'postgresql'))
  const server = await startPostgres({ dataDir: join(folder, 'data'), temporary: true, programs })
  t.teardown(() => server.stop())
  const { hostname, port, username, password } = new URL(server.url)
  const backups = join(folder, 'backups')
  await mkdir(backups)
  const env = {
    PATH: `${join(programs, 'bin')}:${process.env['PATH']}`,
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: 'ikigai',
    BACKUP_DIR: backups,
  }
  const urlOf = (database: string) => Object.assign(new URL(server.url), { pathname: `/${database}` }).href
  return { env, backups, urlOf }
}

const PASSWORDS = Object.fromEntries(DATABASE_USERS.map((user) => [user, 'password-of-the-test']))

async function query<T extends postgres.MaybeRow>(url: string, text: string): Promise<readonly T[]> {
  const sql = postgres(url, { max: 1 })
  try {
    return await sql.unsafe<T[]>(text)
  } finally {
    await sql.end()
  }
}

const DATA = `
  insert into athletes (id, first_name, scopes, connected_at) values (7, 'Zoë', '{read}', now());
  insert into grants (athlete_id, sealed_access_token, sealed_refresh_token, expires_at, refreshed_at)
  values (7, 'a', 'r', now(), now());
  insert into personal_tokens (id, token_hash, athlete_id, name, scopes, created_at, expires_at)
  values ('p', 'h', 7, 'script', '{}', now(), now());
  insert into outbox (subject, message_id, headers, body) values ('s', 'm', '{}', '9007199254740993')`

const SEEN = `
  select first_name, (select body from outbox) as body, (select count(*)::int from athletes) as athletes,
    (select count(*)::int from grants) as grants
  from athletes where id = 7`

t.test('backup and restore: the scripts are plain sh', async (t) => {
  for (const name of ['backup.sh', 'restore.sh'])
    t.same(await run('sh', ['-n', script(name)], {}), { code: 0, output: '' }, name)
})

t.test('backup and restore: with pg_dump, on the same machine and on another', { skip }, async (t) => {
  const { env, backups, urlOf } = await startServer(t)
  const url = urlOf('ikigai')
  await createRoles(url, PASSWORDS)
  await migrate(url)
  await query(url, DATA)
  const [before] = await query(url, SEEN)

  const aged = async (name: string, days: number) => {
    const at = new Date(Date.now() - days * 86_400_000)
    await writeFile(join(backups, name), '')
    await utimes(join(backups, name), at, at)
  }
  await aged('ikigai-20260101T000000Z.dump', 20)
  await aged('ikigai-20260110T000000Z.dump', 3)
  await aged('of-the-operator.txt', 20)
  const made = await run('sh', [script('backup.sh')], env)
  t.equal(made.code, 0, made.output)
  const files = (await readdir(backups)).sort()
  t.equal(files.length, 3, 'the one that is too old is gone, and no draft is left')
  t.ok(files.includes('ikigai-20260110T000000Z.dump'))
  const [, dump = ''] = /^(ikigai-\S+\.dump) \(\d+ bytes\)/.exec(made.output) ?? []
  t.ok(files.includes(dump))

  t.equal((await query(url, 'select from backups')).length, 1, 'it is recorded')

  await query(url, `insert into athletes (id, scopes, connected_at) values (8, '{read}', now())`)
  t.match(await run('sh', [script('restore.sh'), dump], env), { code: 1, output: /is not empty/ })
  t.match(await run('sh', [script('restore.sh'), 'nothing.dump'], env), { code: 1, output: /no file/ })
  await writeFile(join(backups, 'damaged.dump'), 'PGDMP damaged')
  const damaged = await run('sh', [script('restore.sh'), 'damaged.dump'], { ...env, REPLACE: 'yes' })
  t.not(damaged.code, 0)
  t.equal((await query(url, 'select from athletes')).length, 2, 'nothing was touched')

  const replaced = await run('sh', [script('restore.sh'), dump], { ...env, REPLACE: 'yes' })
  t.equal(replaced.code, 0, replaced.output)
  const [, aside = ''] = /former database is (\S+) now/.exec(replaced.output) ?? []
  t.equal((await query(urlOf(aside), 'select from athletes')).length, 2, 'the former database is there')
  await finished(t, url, before)

  await query(urlOf('postgres'), `create database another encoding 'UTF8' template template0`)
  const moved = await run('sh', [script('restore.sh'), dump], { ...env, PGDATABASE: 'another' })
  t.equal(moved.code, 0, moved.output)
  await finished(t, urlOf('another'), before)
})

/** The migration, as its program runs it before the services start, and what it leaves. */
async function finished(t: Test, url: string, before: unknown): Promise<void> {
  const main = join(workspaceRoot(), 'packages/db/src/main.ts')
  const passwords = Object.fromEntries(
    DATABASE_USERS.map((user) => [`${user.toUpperCase()}_DATABASE_PASSWORD`, 'password-of-the-test']),
  )
  const { PATH = '' } = process.env
  const migrated = await run(process.execPath, programArguments(main), {
    PATH,
    DATABASE_URL: url,
    ...passwords,
  })
  t.equal(migrated.code, 0, migrated.output)
  t.same(await query(url, SEEN), [before])
  t.same(await query(url, 'select from personal_tokens'), [])
  t.equal(
    (await query(url, `select from session_revocations where session_id is null and athlete_id is null`))
      .length,
    1,
  )
  t.equal((await query(url, 'select from grant_verifications')).length, 1)
  const gateway = openDatabase({
    url: roleUrl(url, 'gateway', 'password-of-the-test'),
    name: 'gateway',
    max: 1,
    user: 'gateway',
  })
  await gateway.ping()
  await gateway.close()
}
