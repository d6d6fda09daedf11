import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { eventually, programArguments } from '@ikigai/testkit'
import t from 'tap'
import { startNodeProcess } from '../../src/launcher/node-process.ts'

const program = programArguments(new URL('programs/program.ts', import.meta.url)).at(-1) ?? ''
const PATH = process.env['PATH'] ?? ''
const root = new URL('../../../../', import.meta.url)

t.test('node process: its lines go to the log file, warnings to the person', async (t) => {
  const logFile = join(t.testdir(), 'program.log')
  const attention: string[] = []
  const component = startNodeProcess({
    name: 'program',
    entryFile: program,
    env: { PATH, GREETING: 'hello' },
    logFile,
    onAttention: ({ text }) => attention.push(text),
  })
  await eventually(() => attention.length > 0)
  await component.stop()
  t.same(await component.exited, { code: 0, signal: null })
  t.same(attention, ['careful', 'stopping'])
  const log = await eventually(async () => {
    const text = await readFile(logFile, 'utf8')
    return text.endsWith('stopping\n') && text
  })
  t.match(log, /greeting hello.*\n.*careful.*\nstopping\n$/)
})

t.test('node process: one that dies leaves its last lines', async (t) => {
  const component = startNodeProcess({
    name: 'program',
    entryFile: program,
    env: { PATH, DIE: 'yes' },
    logFile: join(t.testdir(), 'program.log'),
    onAttention: () => {},
  })
  t.same(await component.exited, { code: 3, signal: null })
  t.match(component.lastLines(), /careful.*\ndying$/)
  await component.stop()
})

t.test('node process: one that is missing is said', async (t) => {
  const options = { name: 'auth', env: {}, logFile: join(t.testdir(), 'x.log'), onAttention: () => {} }
  t.throws(() => startNodeProcess({ ...options, entryFile: '/nowhere/main.js' }), {
    name: 'LaunchError',
    message: /^auth is missing: there is no \/nowhere\/main\.js/,
  })
})

t.test('node process: a service gets little memory, or what NODE_OPTIONS says', async (t) => {
  const script = fileURLToPath(new URL('deploy/run-low-memory.sh', root))
  const heap = `const { heap_size_limit } = require('node:v8').getHeapStatistics()
    console.log(Math.round(heap_size_limit / 2 ** 20), process.env.MALLOC_ARENA_MAX)`
  const run = async (env: Record<string, string>) => {
    const { stdout } = await promisify(execFile)('sh', [script, process.execPath, '-e', heap], { env })
    const [heapMib = 0, arenas] = stdout.split(' ').map(Number)
    return { heapMib, arenas }
  }
  const usual = await run({ PATH })
  t.ok(usual.heapMib >= 256 && usual.heapMib < 300, `${usual.heapMib} MiB`)
  t.equal(usual.arenas, 2)
  const more = await run({ PATH, NODE_OPTIONS: '--max-old-space-size=512' })
  t.equal(more.heapMib, usual.heapMib + 256)
})

t.test('node process: the image holds the scripts that it runs', async (t) => {
  const read = (name: string) => readFile(new URL(name, root), 'utf8')
  t.ok((await read('.dockerignore')).split('\n').includes('!deploy'))
  const run = (await read('deploy/Dockerfile')).matchAll(/"(?:\/app\/)?(deploy\/[^"]+)"/g)
  const scripts = Array.from(run, ([, script = '']) => script)
  t.ok(scripts.length > 0)
  for (const script of scripts) await t.resolves(read(script), script)
})
