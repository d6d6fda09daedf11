import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

export const run = promisify(execFile)

/** The type checker collects garbage less often, which takes a quarter of its CPU time. */
export const env = { ...process.env, GOGC: '400' }

export const root = resolve(import.meta.dirname, '../../../..')

/** The packages that are published. */
export const PUBLIC = ['packages/contracts', 'packages/client', 'tools/simulator'] as const

/** Packs the public packages, as a release does. Returns the tarballs' paths, by the packages' folders. */
export async function packAll(destination: string): Promise<ReadonlyMap<string, string>> {
  const { packageManager } = manifestOf('.')
  const filters = PUBLIC.flatMap((folder) => ['--filter', `./${folder}`])
  const args = ['--yes', packageManager, ...filters, 'pack', '--pack-destination', destination]
  await run('npx', args, { cwd: root, env })
  return new Map(
    PUBLIC.map((folder) => {
      const { name, version } = manifestOf(folder)
      return [folder, join(destination, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)]
    }),
  )
}

function manifestOf(folder: string): { packageManager: string; name: string; version: string } {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
}

/** The blocks of a package's README that are written in `language`, in their order. */
export function readmeBlocks(folder: string, language: string): string[] {
  const text = readFileSync(join(root, folder, 'README.md'), 'utf8')
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, code = '']) => code,
  )
}
