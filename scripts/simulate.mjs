// npm run simulate: installs, builds, and runs the quota ledger over virtual months. Arguments go on to it.
import { join } from 'node:path'
import { install } from './install.mjs'
import { projectDir, run, runMain, StepError, step } from './steps.mjs'

await runMain(async () => {
  await install()
  await step('Building', async () => {
    const { code, output } = await run('tsc', ['-b', 'packages/simulation'], { quiet: true })
    if (code !== 0) throw new StepError(`${output}\nThe build failed.`, code)
  })
  const main = join(projectDir, 'packages', 'simulation', 'dist', 'main.js')
  const { code } = await run(process.execPath, ['--enable-source-maps', main, ...process.argv.slice(2)])
  return code
})
