// npm run bench: installs, builds, and measures what was built. Arguments: npm run bench -- --help
import { runProgram } from './run-program.mjs'
import { runMain } from './steps.mjs'

await runMain(() => runProgram('tools/bench/src/main.ts'))
