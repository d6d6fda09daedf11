import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import t from 'tap'
import { releaseNotes } from '../../build/release-notes.ts'

const root = resolve(import.meta.dirname, '../../..')
const GROUPS = ['services', 'packages', 'tools'] as const

interface Manifest {
  readonly name: string
  readonly homepage?: string
  readonly repository?: { readonly url: string; readonly directory?: string }
  readonly engines?: { readonly node: string }
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}

const read = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))

const folders = GROUPS.flatMap((group) =>
  readdirSync(join(root, group)).map((name) => `${group}/${name}`),
).filter((folder) => existsSync(join(root, folder, 'package.json')))
const project = read('.')

t.test('repository: every package says where it comes from and which Node it runs on', async (t) => {
  for (const folder of folders) {
    const { homepage, repository, engines } = read(folder)
    t.equal(homepage, project.homepage, folder)
    t.strictSame(repository, { ...project.repository, directory: folder }, folder)
    t.strictSame(engines, project.engines, folder)
  }
})

t.test('repository: the catalog holds what is used, and nothing else', async (t) => {
  const workspace = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')
  const catalog = workspace.slice(workspace.indexOf('\ncatalog:'), workspace.indexOf('\noverrides:'))
  const listed = [...catalog.matchAll(/^ {2}"?([^":#\s]+)"?:/gm)].map(([, name = '']) => name)
  const used = new Set(
    [project, ...folders.map(read)].flatMap(({ dependencies, devDependencies }) =>
      Object.keys({ ...dependencies, ...devDependencies }),
    ),
  )
  t.strictSame(
    listed.filter((name) => !used.has(name)),
    [],
  )
})

/** Source files of a folder, as seen from the root. */
function sources(folder: string, below = 'src'): string[] {
  const dir = join(root, folder, below)
  if (!existsSync(dir)) return []
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)))
}

/** What a file imports: relative paths as seen from the root, packages by their name. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, name = '']) => name)
  return specifiers.map((name) =>
    name.startsWith('.') ? relative(root, resolve(root, file, '..', name)) : name,
  )
}

const folderOf = new Map(folders.map((folder) => [read(folder).name, folder]))

/** The package or service of this repository that an import leads to. */
function targetOf(specifier: string): string | undefined {
  const name = /^@ikigai\/[^/]+/.exec(specifier)?.[0]
  if (name !== undefined) return folderOf.get(name)
  return /^(services|packages|tools)\/[^/]+/.exec(specifier)?.[0]
}

t.test('arrows: services and packages import neither a service nor a tool', async (t) => {
  for (const folder of folders.filter((name) => !name.startsWith('tools/'))) {
    for (const file of sources(folder)) {
      const wrong = importsOf(file).filter((name) => {
        const target = targetOf(name)
        return target !== undefined && target !== folder && !target.startsWith('packages/')
      })
      t.strictSame(wrong, [], file)
    }
  }
})

t.test('arrows: no circle of files, type-only imports included', async (t) => {
  const graph = new Map(
    folders
      .flatMap((folder) => sources(folder))
      .map((file) => [file, importsOf(file).filter((name) => /\.tsx?$/.test(name))]),
  )
  t.strictSame(circlesOf(graph), [])
})

t.test('arrows: no circle of packages', async (t) => {
  const graph = new Map(
    folders.map((folder) => [
      folder,
      Object.keys(read(folder).dependencies ?? {}).flatMap((name) => folderOf.get(name) ?? []),
    ]),
  )
  t.strictSame(circlesOf(graph), [])
})

/** Each circle once, as a path of nodes that ends where it begins. */
function circlesOf(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = []
  const finished = new Set<string>()
  const visit = (node: string, path: readonly string[]): void => {
    const start = path.indexOf(node)
    if (start !== -1) circles.push([...path.slice(start), node].join(' → '))
    if (start !== -1 || finished.has(node)) return
    for (const next of graph.get(node) ?? []) visit(next, [...path, node])
    finished.add(node)
  }
  for (const node of graph.keys()) visit(node, [])
  return circles
}

t.test('repository: docs/architecture.md lists every package, tool and table', async (t) => {
  const text = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
  const rowsAfter = (header: string) => {
    const [table = ''] = text.slice(text.search(header)).split('\n\n')
    return [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name).sort()
  }
  const namesIn = (group: string) =>
    folders.filter((folder) => folder.startsWith(`${group}/`)).map((folder) => basename(folder))
  t.strictSame(rowsAfter('\\| package '), namesIn('packages').sort())
  t.strictSame(rowsAfter('\\| tool '), [...namesIn('tools'), 'build'].sort())
  const schema = sources('packages/db', 'src/schema').map((file) => readFileSync(join(root, file), 'utf8'))
  const tables = [...schema.join('\n').matchAll(/pgTable\(\s*'([^']+)'/g)].map(([, name = '']) => name)
  t.strictSame(rowsAfter('\\| table '), tables.sort())
})

t.test('repository: the notes of a release are its section of the changelog', async (t) => {
  const changelog =
    '# Changelog\n\n## [Unreleased]\n\n- b\n\n## [1.2.0] - 2026-12-01\n\n### Added\n\n- a\n\n## [1.1.0]\n\n- z\n\n[1.2.0]: u\n'
  t.equal(releaseNotes(changelog, '1.2.0'), '### Added\n\n- a')
  t.equal(releaseNotes(changelog, '1.1.0'), '- z')
  t.equal(releaseNotes(changelog, '1.3.0'), undefined)
})
