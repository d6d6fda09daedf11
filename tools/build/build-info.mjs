// Version and commit, which the bundles contain.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { projectDir } from './project.mjs'

/**
 * The release's version, and the commit: `IKIGAI_REVISION` where there is no repository (the image is built without it).
 *
 * @returns {Promise<{ version: string, revision: string }>}
 */
export async function buildInfo() {
  const manifest = JSON.parse(await readFile(join(projectDir, 'package.json'), 'utf8'))
  const revision = process.env.IKIGAI_REVISION || (await commit()) || 'unknown'
  return { version: String(manifest.version), revision: revision.slice(0, 12) }
}

async function commit() {
  try {
    const { stdout } = await promisify(execFile)('git', ['rev-parse', 'HEAD'], { cwd: projectDir })
    return stdout.trim()
  } catch {
    return undefined
  }
}
