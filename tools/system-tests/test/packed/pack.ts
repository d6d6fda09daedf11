import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

export const run = promisify(execFile)

export const root = resolve(import.meta.dirname, '../../../..')

/** The packages that are published. */
export const PUBLIC = ['packages/contracts', 'packages/client', 'tools/simulator'] as const

/** Packs the public packages, as a release does. Returns the tarballs' paths, by the packages' folders. */
export async function packAll(destination: string): Promise<ReadonlyMap<string, string>> {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const packed = PUBLIC.map(async (folder) => {
    const target = join(destination, folder)
    const args = ['--yes', packageManager, 'pack', '--pack-destination', target]
    await run('npx', args, { cwd: join(root, folder) })
    const [tarball = ''] = readdirSync(target)
    return [folder, join(target, tarball)] as const
  })
  return new Map(await Promise.all(packed))
}

/** The blocks of a package's README that are written in `language`, in their order. */
export function readmeBlocks(folder: string, language: string): string[] {
  const text = readFileSync(join(root, folder, 'README.md'), 'utf8')
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, code = '']) => code,
  )
}
