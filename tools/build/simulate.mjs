// npm run simulate: installs, builds, and runs the simulation of the quota ledger over months. Arguments are passed on.
import { runProgram } from './run-program.mjs'
import { runMain } from './steps.mjs'

await runMain(() => runProgram('tools/simulation/src/main.ts'))
