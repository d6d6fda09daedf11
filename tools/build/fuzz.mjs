// npm run fuzz: sends hostile input to every entry point, many times: npm run fuzz -- --runs 20000 --seed 1
import { parseArgs } from 'node:util'
import { run } from './children.mjs'
import { runMain } from './steps.mjs'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5000' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
  },
})

await runMain(async () => {
  process.stdout.write(`${values.runs} runs for each entry point, seed ${values.seed}\n`)
  const env = { IKIGAI_FUZZ_RUNS: values.runs, IKIGAI_FUZZ_SEED: values.seed }
  const args = ['tools/build/test.mjs', '--timeout=86400', 'tools/system-tests/test/fuzz.test.ts']
  const { code } = await run('node', args, { env })
  return code
})
