// npm start: installs, builds, and runs everything on this machine.
import { bundle, bundleOf, programs, programsDir } from './bundle.mjs'
import { install } from './install.mjs'
import { buildPage } from './page.mjs'
import { run, runMain, step } from './steps.mjs'

await runMain(async () => {
  await install()
  await step('Building', async () => {
    await Promise.all([bundle({ folder: programsDir, sources: await programs() }), buildPage()])
  })
  const launcher = bundleOf(programsDir, 'packages/launcher/src/main.ts')
  // The launcher hands these on to the services: source maps, and little room for new objects (25 MiB less in each).
  const nodeArguments = ['--enable-source-maps', '--max-semi-space-size=2']
  const { code } = await run(process.execPath, [...nodeArguments, launcher, ...process.argv.slice(2)])
  return code
})
