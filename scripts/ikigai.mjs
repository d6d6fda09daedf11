// npm run ikigai -- <command>: the operator's commands. Builds only what has changed.
import { join } from 'node:path'
import { install } from './install.mjs'
import { projectDir, run, runMain, StepError } from './steps.mjs'

await runMain(async () => {
  await install()
  const built = await run('tsc', ['-b', 'packages/cli'], { quiet: true })
  if (built.code !== 0) throw new StepError(`${built.output}\nThe build failed.`, built.code)
  const main = join(projectDir, 'packages', 'cli', 'dist', 'main.js')
  const { code } = await run(process.execPath, ['--enable-source-maps', main, ...process.argv.slice(2)])
  return code
})
