// npm run simulate: installs, builds, and runs the quota ledger over virtual months. Arguments go on to it.
import { runProgram } from './run-program.mjs'
import { runMain } from './steps.mjs'

await runMain(() => runProgram('tools/simulation/src/main.ts'))
