import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { commandOf, usage } from '@ikigai/cli'
import { workspaceRoot } from '@ikigai/dev-env'
import t from 'tap'
import { addressesOf } from '../../src/launcher/addresses.ts'
import { loadLaunchConfig } from '../../src/launcher/launch-config.ts'
import { welcomeLines } from '../../src/launcher/welcome.ts'
import { documents, readText, type Text } from './texts.ts'

const texts: readonly Text[] = [...documents(), ...printed()]

/** What `npm start` and the operators' commands print. */
function printed(): readonly Text[] {
  const application = { STRAVA_CLIENT_ID: '1', STRAVA_CLIENT_SECRET: 's' }
  const environments = [
    {},
    { HOST: '0.0.0.0' },
    application,
    { ...application, WEBHOOK_URL: 'https://hooks.example' },
  ]
  const welcomes = environments.map((environment) => {
    const config = loadLaunchConfig(environment)
    return welcomeLines(config, addressesOf(config), { logDir: '/logs', stateDir: '/state' }).join('\n')
  })
  return [...welcomes, usage()].map((content) => ({ file: 'README.md', content }))
}

interface Mention {
  readonly text: Text
  /** The groups of the match. */
  readonly words: readonly string[]
  readonly line: string
}

function mentions(pattern: RegExp): readonly Mention[] {
  return texts.flatMap((text) =>
    text.content
      .split('\n')
      .flatMap((line) => [...line.matchAll(pattern)].map(([, ...words]) => ({ text, line, words }))),
  )
}

function scriptsOf(folder: string): Readonly<Record<string, string>> {
  const file = join(folder, 'package.json')
  if (!existsSync(join(workspaceRoot(), file))) return {}
  const manifest: unknown = JSON.parse(readText(file))
  const isManifest = (value: unknown): value is { scripts?: Record<string, string> } =>
    typeof value === 'object'
  return isManifest(manifest) ? (manifest.scripts ?? {}) : {}
}

t.test('documented: every npm script exists, in the root or in the package that is named', async (t) => {
  const found = mentions(/npm (?:run )?([a-z][a-z:-]*)/g).filter(({ line, words: [name = ''] }) =>
    ['start', 'test'].includes(name) ? true : line.includes(`npm run ${name}`),
  )
  t.ok(found.length > 30, `${found.length} mentions`)
  for (const { text, line, words } of found) {
    const [name = ''] = words
    const [named = ''] = /(?:packages|services|tools)\/[a-z-]+/.exec(line) ?? []
    const folders = ['.', dirname(text.file), named]
    t.ok(
      folders.some((folder) => name in scriptsOf(folder)),
      `${text.file}: npm run ${name}`,
    )
  }
})

t.test('documented: every operators’ command exists and takes these arguments and options', async (t) => {
  const found = mentions(
    /(?:npm run (?:--silent )?ikigai -- |`ikigai |run --rm ikigai )([a-z]+(?: (?:[a-z]+|<[a-z]+>))*)(?=[` )\n]|$)([^`|]*)/g,
  )
  t.ok(found.length > 40, `${found.length} mentions`)
  for (const { text, words } of found) {
    const [asked = '', rest = ''] = words
    const given = [...rest.matchAll(/ --([a-z-]+)/g)].map(([, name = '']) => name)
    t.doesNotThrow(() => {
      const { options = {} } = commandOf(asked.split(' ')).command
      const unknown = given.filter((name) => !['json', 'help', ...Object.keys(options)].includes(name))
      if (unknown.length > 0) throw new Error(`no option ${unknown.join()}`)
    }, `${text.file}: ${asked}${rest}`)
  }
})

t.test('documented: every service of the production’s Compose file exists', async (t) => {
  const compose = readText('deploy/compose.production.yml')
  const found = mentions(/compose\S* .*run --rm (?:-e \S+ )*([a-z]+)/g)
  t.ok(found.length > 8, `${found.length} mentions`)
  for (const { text, words } of found) t.match(compose, new RegExp(`\n  ${words[0]}:`), text.file)
})

t.test('documented: every command of the usage can be asked for as it is printed', async (t) => {
  const lines = usage()
    .split('\n')
    .filter((line) => /^ {2}[a-z]/.test(line))
  t.ok(lines.length > 5)
  for (const line of lines) {
    const [asked = ''] = line.trim().split(/ {2,}/)
    t.equal(commandOf(asked.split(' ')).command.usage, asked)
  }
})

t.test('documented: every program that node is to run has its source', async (t) => {
  const found = mentions(/\bnode (?:--\S+ )*([\w./-]+\.(?:mjs|ts))/g)
  t.ok(found.length > 3, `${found.length} mentions`)
  for (const { text, words } of found) {
    const [program = ''] = words
    // Written by the reader, from the text itself.
    if (text.content.includes(`// ${program}\n`)) continue
    const source = program.startsWith('build/programs/')
      ? program.replace('build/programs/', '').replace(/\.mjs$/, '.ts')
      : program
    t.ok(existsSync(join(workspaceRoot(), source)), `${text.file}: ${program}`)
  }
})

t.test('documented: every package that is imported exists', async (t) => {
  for (const { text, words } of mentions(/from '(@ikigai\/[a-z-]+)'/g)) {
    const [name = ''] = words
    const folders = ['packages', 'services', 'tools'].map((group) => name.replace('@ikigai', group))
    t.ok(
      folders.some((folder) => existsSync(join(workspaceRoot(), folder, 'package.json'))),
      `${text.file}: ${name}`,
    )
  }
})

t.test('documented: every link leads to a file', async (t) => {
  const found = mentions(/\]\(([^)\s]+)\)/g).filter(
    ({ words: [target = ''] }) => !/^(https?:|#)/.test(target),
  )
  t.ok(found.length > 40, `${found.length} links`)
  for (const { text, words } of found) {
    const [target = ''] = words
    const file = normalize(join(dirname(text.file), target.replace(/#.*$/, '')))
    t.ok(existsSync(join(workspaceRoot(), file)), `${text.file}: ${target}`)
  }
})

t.test('documented: every file in the text exists', async (t) => {
  const found = mentions(/`((?:packages|services|tools|deploy|docs)\/[\w./-]+\.(?:ts|mjs|md|sh|conf|json))`/g)
  t.ok(found.length > 10, `${found.length} files`)
  for (const { text, words } of found) {
    const [file = ''] = words
    t.ok(existsSync(join(workspaceRoot(), file)), `${text.file}: ${file}`)
  }
})
