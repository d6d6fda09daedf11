import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findNatsServer, MissingPartError } from '@ikigai/dev-env'
import t, { type Test } from 'tap'
import { isOlder } from '../../src/servers/find-nats-server.ts'
import { verified } from '../../src/servers/nats-from-release.ts'

/** A program that does what a few lines of shell say. */
async function program(folder: string, name: string, script: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, name)
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  return path
}

/** For the time of a test: no download succeeds, and programs come from `folder` alone. */
function isolate(t: Test, folder: string, answer: () => Response): void {
  const path = process.env['PATH']
  const { fetch } = globalThis
  process.env['PATH'] = folder
  globalThis.fetch = () => Promise.resolve(answer())
  t.teardown(() => {
    process.env['PATH'] = path
    globalThis.fetch = fetch
  })
}

t.test('find nats server: versions are compared as numbers', async (t) => {
  t.ok(isOlder('2.9.9', '2.9.10'))
  t.ok(isOlder('2.9.10', '2.14.5'))
  t.notOk(isOlder('2.9.10', '2.9.10'))
  t.notOk(isOlder('3.0.0', '2.14.5'))
})

t.test('nats-server: one in the PATH is used, unless the pinned release is newer', async (t) => {
  const folder = t.testdir()
  const newer = join(folder, 'newer')
  const path = await program(newer, 'nats-server', 'echo nats-server: v99.0.0')
  let downloads = 0
  isolate(t, folder, () => {
    downloads += 1
    return new Response('', { status: 503 })
  })
  const options = { cacheDir: join(folder, 'cache') }
  t.same(await findNatsServer({ ...options, folders: [newer] }), { path, version: '99.0.0' })
  t.equal(downloads, 0)
  const old = await program(folder, 'nats-server', 'echo nats-server: v2.12.3')
  const known = { path: old, version: '2.12.3' }
  t.same(await findNatsServer({ ...options, folders: [folder] }), known, 'the release cannot be had')
  const wasAskedFor = downloads
  t.same(await findNatsServer({ ...options, folders: [folder] }), known)
  t.equal(downloads, wasAskedFor, 'it is not asked for again at once')
  t.same(await findNatsServer({ ...options, folders: [folder, newer] }), { path, version: '99.0.0' })
})

t.test('find nats server: the server that is named is the only one considered', async (t) => {
  const folder = t.testdir()
  await program(folder, 'nats-server', 'echo nats-server: v2.12.3')
  const old = await program(folder, 'old-server', 'echo nats-server: v2.1.0')
  const options = { cacheDir: join(folder, 'cache'), folders: [folder] }
  await t.rejects(findNatsServer({ ...options, path: old }), {
    message: /version 2\.1\.0 is older than 2\.9\.10/,
  })
  await t.rejects(findNatsServer({ ...options, path: '/nowhere' }), {
    message: /\/nowhere: there is no such program/,
  })
})

t.test('nats-server: the package is unpacked into the cache, and found there the next time', async (t) => {
  const folder = t.testdir()
  const cacheDir = join(folder, 'cache')
  const bin = join(folder, 'bin')
  const calls = join(folder, 'calls')
  // The system's lists know no such package; the ones read afresh do.
  await program(
    bin,
    'apt-get',
    `echo "$*" >> '${calls}'; case "$*" in *Dir::State::Lists*download*) echo x > nats-server_2.deb;; *download*) exit 100;; esac`,
  )
  await program(
    bin,
    'dpkg-deb',
    `bin="$3/usr/sbin"; /bin/mkdir -p "$bin"; printf '#!/bin/sh\\necho nats-server: v2.9.10\\n' > "$bin/nats-server"; /bin/chmod +x "$bin/nats-server"`,
  )
  isolate(t, bin, () => Response.error())
  const steps: string[] = []
  const found = await findNatsServer({ cacheDir, folders: [], onProgress: (step) => steps.push(step) })
  t.same(found, { path: join(cacheDir, 'nats-server'), version: '2.9.10' })
  t.equal(steps.filter((step) => /apt/.test(step)).length, 2, 'each of the two steps is told')
  const asked = (await readFile(calls, 'utf8')).trim().split('\n')
  t.match(asked.at(-2), /update$/)
  t.same(await findNatsServer({ cacheDir, folders: [] }), found)
  t.equal((await readFile(calls, 'utf8')).trim().split('\n').length, asked.length, 'apt is not asked again')
})

t.test('find nats server: when nothing works, the error lists what was tried and what to do', async (t) => {
  const folder = t.testdir()
  const stale = await program(folder, 'nats-server', 'echo nats-server: v2.8.4')
  isolate(t, folder, () => new Response('not found', { status: 404 }))
  const error: unknown = await findNatsServer({ cacheDir: join(folder, 'cache'), folders: [folder] }).catch(
    (e) => e,
  )
  if (!(error instanceof MissingPartError)) throw error
  t.equal(error.part, 'nats-server')
  t.match(error.message, `${stale}: version 2.8.4 is older`)
  t.match(error.message, /apt: /)
  t.match(
    error.message,
    /release [\d.]+: https:\S+ cannot be downloaded \(the server answers 404\)|none is pinned/,
  )
  t.match(error.message, /NATS_SERVER=.*\n.*NATS_URL/)
})

t.test('find nats server: a download with another checksum is refused', async (t) => {
  const bytes = new TextEncoder().encode('hello')
  t.equal(verified(bytes, '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'), bytes)
  t.throws(() => verified(bytes, '0'.repeat(64)), { message: /the download has SHA-256 2cf24dba/ })
})
