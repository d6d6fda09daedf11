// npm run bench: installs, builds, and measures what was built. Arguments: npm run bench -- --help
import { join } from 'node:path'
import { install } from './install.mjs'
import { projectDir, run, runMain, StepError, step } from './steps.mjs'

await runMain(async () => {
  await install()
  await step('Building', async () => {
    const { code, output } = await run('tsc', ['-b', 'tsconfig.build.json'], { quiet: true })
    if (code !== 0) throw new StepError(`${output}\nThe build failed.`, code)
  })
  const main = join(projectDir, 'packages', 'bench', 'dist', 'main.js')
  const { code } = await run(process.execPath, ['--enable-source-maps', main, ...process.argv.slice(2)])
  return code
})
