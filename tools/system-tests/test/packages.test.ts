import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { temporaryDir } from '@ikigai/dev-env'
import { eventually, freePort } from '@ikigai/testkit'
import { publint } from 'publint'
import t from 'tap'
import { type Consumer, installConsumer } from './packed/consumer.ts'
import { PUBLIC, packAll, readmeBlocks, run } from './packed/pack.ts'
import { startStack } from './stack.ts'
import { addTeam } from './teams/add-team.ts'

const dir = await temporaryDir('ikigai-packages-')
const tarballs = await packAll(dir)
const consumer = await installConsumer(join(dir, 'consumer'), [
  ...tarballs.values(),
  'nats@2',
  '@types/node@20',
])
const installed = { skip: consumer === undefined && 'the npm registry is out of reach' }

/** Node's own types; without them and without the DOM's, nothing declares `fetch`. */
const NODE = { lib: ['es2023'], types: ['node'] }
const NOTHING = { lib: ['es2023'], types: [] }
const DOM = { lib: ['es2023', 'dom'], types: [] }

for (const [folder, tarball] of tarballs) {
  t.test(`packages: ${folder} holds what runs, its types and texts, and nothing else`, async (t) => {
    const { stdout } = await run('tar', ['-tzf', tarball])
    const files = stdout
      .trim()
      .split('\n')
      .map((file) => file.replace(/^package\//, ''))
    for (const file of ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts']) {
      t.ok(files.includes(file), file)
    }
    const known =
      /^(package\.json|openapi\.json|[A-Z]+(\.md)?|(schemas\/)?[\w.]+\.json|dist\/.+\.(d\.ts|js))$/
    t.strictSame(
      files.filter((file) => !known.test(file)),
      [],
    )
    const manifest = await run('tar', ['-xzOf', tarball, 'package/package.json'])
    t.notMatch(manifest.stdout, /workspace:|catalog:|"private"|@ikigai\/source/)
  })

  t.test(`packages: publint and attw have nothing against ${folder}`, async (t) => {
    const data = new Uint8Array(await readFile(tarball))
    const { messages } = await publint({ pack: { tarball: data.buffer }, strict: true })
    t.strictSame(messages, [])
    const analysis = await checkPackage(createPackageFromTarballData(data))
    const problems = analysis.types === false ? [analysis] : analysis.problems
    t.strictSame(
      problems.filter(
        (problem) =>
          // ECMAScript modules alone: `require` and resolution from before `exports` are not offered.
          !('resolutionKind' in problem && ['node10', 'node16-cjs'].includes(problem.resolutionKind)),
      ),
      [],
    )
  })
}

t.test(
  'packages: the client compiles with the types of Node, of the DOM, and of neither',
  installed,
  async (t) => {
    const use = `import { createClient, type LiveMessage } from '@ikigai/client'
export const client = createClient({ baseUrl: '', getToken: (refused) => refused })
export const next: Promise<IteratorResult<LiveMessage, void>> = client.followImport().next()
export const message = async () => {
  const { data, error, response } = await client.randomActivity({ query: { sport_type: 'Run' } })
  if (data) return data.name
  const retry: string | null = response.headers.get('retry-after')
  return error.type === '/problems/no-activity-yet' ? error.import.state : error.detail + retry
}
// @ts-expect-error an activity has an id
client.getActivity({ path: {} })
`
    for (const options of [NODE, DOM, NOTHING, { ...NODE, older: true }]) {
      await there(consumer).compile({ 'use-client': use }, options)
    }
    t.pass('compiled')
  },
)

t.test('packages: the code of the READMEs compiles and runs', installed, async (t) => {
  const stack = await startStack(t)
  const { id } = stack.strava.admin.createAthlete({ activities: 20 })
  const { browser } = await stack.signIn(id)
  const env = {
    PATH: process.env['PATH'],
    IKIGAI_URL: stack.publicUrl,
    IKIGAI_TOKEN: browser.cookies.get('127.0.0.1', 'ikigai_session'),
    ...(await addTeam(stack, 'readme')),
  }
  const blocks = PUBLIC.flatMap((folder) =>
    readmeBlocks(folder, 'ts').map((code, index) => {
      return { name: `${folder.replaceAll('/', '-')}-${index}`, code, expected: EXPECTED[folder] }
    }),
  )
  t.ok(blocks.length >= PUBLIC.length, 'each README has code')
  const modules = Object.fromEntries(blocks.map(({ name, code }) => [name, code]))
  await there(consumer).compile(modules, { ...NODE, skipLibCheck: true })
  for (const { name, expected } of blocks) {
    const { stdout } = await run(process.execPath, [`${name}.js`], { cwd: there(consumer).dir, env })
    t.match(stdout, expected, name)
  }
})

/** What the code of each README prints. */
const EXPECTED = {
  'packages/contracts': /available/,
  'packages/client': /activities so far/,
  'tools/simulator': /200 1,1\n1\n/,
} as const

t.test('packages: the simulator is a program', installed, async (t) => {
  const port = await freePort()
  const program = join(there(consumer).dir, 'node_modules', '.bin', 'ikigai-strava-simulator')
  const child = spawn(program, {
    env: { PATH: process.env['PATH'], PORT: String(port), ATHLETES: '3', ACTIVITIES: '5' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const output = text(child.stdout)
  const athletes = await eventually(
    async () => await (await fetch(`http://127.0.0.1:${port}/simulator/athletes`)).json(),
    { what: 'the simulator answers' },
  )
  t.match(athletes, [{}, {}, {}])
  child.kill('SIGTERM')
  t.match(await output, /the simulator has stopped/)
})

function there(consumer: Consumer | undefined): Consumer {
  if (consumer === undefined) throw new Error('nothing is installed')
  return consumer
}
