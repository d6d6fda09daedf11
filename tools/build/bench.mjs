// npm run bench: installs, builds, and measures what was built. Arguments: npm run bench -- --help
import { runProgram } from './build.mjs'
import { runMain } from './steps.mjs'

await runMain(() => runProgram('tools/bench/src/main.ts'))
