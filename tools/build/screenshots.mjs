// npm run screenshots [folder]: takes the pictures of the README from the page.
import { join } from 'node:path'
import { run } from './children.mjs'
import { install } from './install.mjs'
import { buildPage } from './page.mjs'
import { projectDir } from './project.mjs'
import { runMain } from './steps.mjs'

await runMain(async () => {
  await install()
  await buildPage()
  const program = join(projectDir, 'tools', 'system-tests', 'src', 'screenshots.ts')
  const options = ['--import=tsx', '--conditions=@ikigai/source']
  const { code } = await run(process.execPath, [...options, program, ...process.argv.slice(2)])
  return code
})
