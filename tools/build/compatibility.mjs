// npm run compatibility: tests against PostgreSQL 15 to 18, nats-server 2.9 to the newest, and behind PgBouncer. What it
// needs beyond the project comes from npm and, with apt, from Debian, into .ikigai/cache. One alone: -- --only 'PostgreSQL 15'
import { runProgram } from './run-program.mjs'
import { runMain } from './steps.mjs'

await runMain(() => runProgram('tools/compatibility/src/main.ts'))
