// Installs the dependencies, with the package manager that package.json pins, when they are missing or out of date.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './children.mjs'
import { projectDir } from './project.mjs'
import { StepError } from './step-error.mjs'
import { step } from './steps.mjs'

/** Checks the Node version and installs what the lock file names. Prints nothing if all is installed already. */
export async function install() {
  const manifest = JSON.parse(await readFile(join(projectDir, 'package.json'), 'utf8'))
  checkNode(manifest.engines.node)
  if (await isInstalled()) return
  await step('Installing the dependencies', async () => {
    // With CI set, pnpm asks no questions and does not change the lock file.
    const { code } = await run('npx', ['--yes', manifest.packageManager, 'install', '--frozen-lockfile'], {
      env: { CI: 'true' },
    })
    if (code !== 0) {
      throw new StepError(
        `The dependencies could not be installed (the messages above say why).\n` +
          `The npm registry must be reachable. To install by hand: npx ${manifest.packageManager} install`,
        code,
      )
    }
  })
}

/** @param {string} range `>=20.19` */
function checkNode(range) {
  const [major = 0, minor = 0] = range.replace(/^>=/, '').split('.').map(Number)
  const [ownMajor = 0, ownMinor = 0] = process.versions.node.split('.').map(Number)
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return
  throw new StepError(
    `Node ${major}.${minor} or newer is needed; this is ${process.versions.node} (https://nodejs.org).`,
  )
}

/** pnpm keeps a copy of the lock file that it installed from. */
async function isInstalled() {
  const [wanted, installed] = await Promise.all(
    [join(projectDir, 'pnpm-lock.yaml'), join(projectDir, 'node_modules', '.pnpm', 'lock.yaml')].map((file) =>
      readFile(file, 'utf8').catch(() => undefined),
    ),
  )
  return wanted !== undefined && wanted === installed
}
