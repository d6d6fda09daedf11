// npm start: installs, builds, and runs everything on this machine.
import { runProgram } from './run-program.mjs'
import { runMain } from './steps.mjs'

// The services inherit it from the launcher.
await runMain(() => runProgram('tools/dev-env/src/main.ts', { littleMemory: true }))
