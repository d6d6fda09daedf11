import { execFile } from 'node:child_process'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { OnProgress } from './server.ts'

const run = promisify(execFile)
const PACKAGE = 'nats-server'
const TIMEOUT_MS = 120_000

/**
 * Downloads Debian's or Ubuntu's package, which apt checks against the distribution's signature, and unpacks it below
 * `folder`. Nothing is installed, and no root is needed.
 */
export async function unpackFromApt(folder: string, onProgress: OnProgress): Promise<string> {
  if (process.platform !== 'linux') throw new Error('apt: only on Debian and Ubuntu')
  await run('apt-get', ['--version']).catch(() => {
    throw new Error('apt: there is no apt-get')
  })
  onProgress(`fetching the ${PACKAGE} package with apt`)
  const archive = await download(folder, []).catch(() => downloadWithFreshLists(folder, onProgress))
  const unpacked = join(folder, 'package')
  await run('dpkg-deb', ['--extract', archive, unpacked])
  return join(unpacked, 'usr', 'sbin', PACKAGE)
}

/** The system's lists of packages may be missing or out of date; these are read into a folder of our own. */
async function downloadWithFreshLists(folder: string, onProgress: OnProgress): Promise<string> {
  onProgress('reading the lists of packages for apt')
  const lists = join(folder, 'lists')
  await mkdir(join(lists, 'partial'), { recursive: true })
  const options = [`Dir::State::Lists=${lists}`, 'Acquire::Languages=none']
  // One broken third-party source fails the update, though the lists that matter have arrived; the download fails if they have not.
  await apt(folder, options, ['update']).catch(() => {})
  return await download(folder, options)
}

async function download(folder: string, options: readonly string[]): Promise<string> {
  await apt(folder, options, ['download', PACKAGE]).catch((error: unknown) => {
    throw new Error(`apt: ${complaintOf(error)}`)
  })
  const archive = (await readdir(folder)).find((name) => name.endsWith('.deb'))
  if (archive === undefined) throw new Error(`apt: brought no ${PACKAGE} package`)
  return join(folder, archive)
}

async function apt(folder: string, options: readonly string[], args: readonly string[]): Promise<void> {
  const cache = join(folder, 'cache')
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true })
  // Root's apt would step down to a user that may not write here.
  const all = [
    `Dir::Cache=${cache}`,
    'APT::Sandbox::User=',
    'Acquire::Retries=1',
    'Acquire::http::Timeout=20',
    ...options,
  ]
  const flags = all.flatMap((option) => ['-o', option])
  await run('apt-get', ['--quiet=2', ...flags, ...args], {
    cwd: folder,
    timeout: TIMEOUT_MS,
    env: aptEnvironment(),
  })
}

function aptEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' }
}

/** apt's own first complaint, for the rest repeats it. */
function complaintOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return (
    text
      .split('\n')
      .find((line) => line.startsWith('E:'))
      ?.slice(2)
      .trim() ?? text
  )
}
