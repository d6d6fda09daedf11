// Builds the page that the gateway serves, unless the last build is newer than all of its sources.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { run } from './children.mjs'
import { projectDir } from './project.mjs'
import { StepError } from './step-error.mjs'
import { runMain } from './steps.mjs'

const webDir = join(projectDir, 'packages', 'web')

/** Brings `packages/web/dist` up to date. */
export async function buildPage() {
  const built = await stat(join(webDir, 'dist', 'index.html')).catch(() => undefined)
  if (built !== undefined && built.mtimeMs > (await newestSource())) return
  const vite = join(webDir, 'node_modules', '.bin', 'vite')
  const { code, output } = await run(vite, ['build', webDir], { quiet: true })
  if (code !== 0) throw new StepError(`${output}\nThe page could not be built.`, code)
}

async function newestSource() {
  const lists = await Promise.all(
    ['src', 'public', '../client/src'].map((folder) =>
      readdir(join(webDir, folder), { recursive: true, withFileTypes: true }),
    ),
  )
  const files = lists.flat().map((entry) => join(entry.parentPath, entry.name))
  const own = ['index.html', 'status.html', 'vite.config.ts', 'package.json'].map((name) =>
    join(webDir, name),
  )
  const times = await Promise.all([...files, ...own].map(async (file) => (await stat(file)).mtimeMs))
  return Math.max(...times)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await runMain(async () => {
    await buildPage()
    return 0
  })
}
