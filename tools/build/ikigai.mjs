// npm run ikigai -- <command>: the operator's commands.
import { runProgram } from './run-program.mjs'
import { runMain } from './steps.mjs'

await runMain(() => runProgram('packages/cli/src/main.ts', { quiet: true }))
