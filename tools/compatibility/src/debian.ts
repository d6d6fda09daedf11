import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exists, run } from './commands.ts'

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
const MIRROR = 'http://deb.debian.org/debian'

/**
 * Unpacks packages of a Debian suite into a folder of the cache, once. apt checks them against Debian's signature; it
 * reads lists of its own, installs nothing and needs no root.
 *
 * @param suite `bookworm`, `trixie`, `sid`
 * @returns the folder, a root with `usr/sbin` and so on
 */
export async function unpackFromDebian(
  suite: string,
  packages: readonly string[],
  cacheDir: string,
): Promise<string> {
  const target = join(cacheDir, `debian-${suite}-${[...packages].sort().join('-')}`)
  if (await exists(target)) return target
  const work = `${target}.new`
  await rm(work, { recursive: true, force: true })
  for (const folder of ['lists/partial', 'cache/archives/partial', 'debs', 'root']) {
    await mkdir(join(work, folder), { recursive: true })
  }
  const list = join(work, 'sources.list')
  await writeFile(list, `deb [signed-by=${KEYRING}] ${MIRROR} ${suite} main\n`)
  const options = [
    `Dir::State::Lists=${join(work, 'lists')}`,
    `Dir::Etc::sourcelist=${list}`,
    'Dir::Etc::sourceparts=/dev/null',
    `Dir::Cache=${join(work, 'cache')}`,
    'Acquire::Languages=none',
    'APT::Sandbox::User=',
  ].flatMap((option) => ['-o', option])
  const debs = join(work, 'debs')
  await run('apt-get', ['--quiet=2', ...options, 'update'], debs)
  await run('apt-get', ['--quiet=2', ...options, 'download', ...packages], debs)
  for (const file of await readdir(debs)) await run('dpkg-deb', ['--extract', file, join(work, 'root')], debs)
  await rename(join(work, 'root'), target)
  await rm(work, { recursive: true, force: true })
  return target
}
