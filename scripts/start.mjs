// npm start: installs, builds, and runs everything on this machine.
import { runProgram } from './build.mjs'
import { runMain } from './steps.mjs'

// The launcher hands these on to the services: docs/decisions/0027-memory-of-a-service.md
const nodeArguments = ['--max-old-space-size=256', '--max-semi-space-size=2', '--v8-pool-size=1']
const env = { MALLOC_ARENA_MAX: '2' }

await runMain(() => runProgram('packages/launcher/src/main.ts', { nodeArguments, env }))
