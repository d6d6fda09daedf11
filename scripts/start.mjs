// npm start: installs, builds, and runs everything on this machine.
import { join } from 'node:path'
import { install } from './install.mjs'
import { buildPage } from './page.mjs'
import { projectDir, run, runMain, StepError, step } from './steps.mjs'

await runMain(async () => {
  await install()
  await step('Building', async () => {
    const { code, output } = await run('tsc', ['-b', 'tsconfig.build.json'], { quiet: true })
    if (code !== 0) throw new StepError(`${output}\nThe build failed.`, code)
    await buildPage()
  })
  const launcher = join(projectDir, 'packages', 'launcher', 'dist', 'main.js')
  // The launcher hands these on to the services: source maps, and little room for new objects (25 MiB less in each).
  const nodeArguments = ['--enable-source-maps', '--max-semi-space-size=2']
  const { code } = await run(process.execPath, [...nodeArguments, launcher, ...process.argv.slice(2)])
  return code
})
