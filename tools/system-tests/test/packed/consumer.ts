import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { env, root, run } from './pack.ts'

/** A project outside the workspace that uses what is installed. */
export interface Consumer {
  readonly dir: string
  /**
   * Writes modules, by their names, and compiles them, the declarations of what is installed included; rejects with what
   * the compiler reports.
   */
  compile(modules: Readonly<Record<string, string>>, options: CompilerOptions): Promise<void>
}

export interface CompilerOptions {
  readonly lib: readonly string[]
  readonly types: readonly string[]
  /** Whether the declarations of other packages are taken as they are. */
  readonly skipLibCheck?: boolean
  /** The older release of TypeScript, that generates the client, in place of the workspace's own. */
  readonly older?: boolean
}

/** What npm says when the registry is out of reach. */
const UNREACHABLE =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT|E50\d)\b/

/** Makes a consumer in an empty folder; undefined when the npm registry is out of reach. */
export async function installConsumer(
  dir: string,
  packages: readonly string[],
): Promise<Consumer | undefined> {
  await mkdir(dir, { recursive: true })
  await writeFile(join(dir, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  try {
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages], { cwd: dir })
  } catch (error) {
    if (UNREACHABLE.test(String(error))) return undefined
    throw error
  }
  return { dir, compile: (modules, options) => compile(dir, modules, options) }
}

async function compile(
  dir: string,
  modules: Readonly<Record<string, string>>,
  options: CompilerOptions,
): Promise<void> {
  const { older = false, ...chosen } = options
  for (const [name, source] of Object.entries(modules)) await writeFile(join(dir, `${name}.ts`), source)
  const names = Object.keys(modules)
  const files = names.map((name) => `${name}.ts`)
  const project = join(dir, `tsconfig.${names[0]}.json`)
  const compilerOptions = {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    skipLibCheck: false,
    ...chosen,
  }
  await writeFile(project, JSON.stringify({ compilerOptions, files }))
  const tsc = join(root, older ? 'packages/client' : '', 'node_modules/typescript/bin/tsc')
  // The older release has one checker only, and no such option.
  const checkers = older ? [] : ['--singleThreaded']
  await run(process.execPath, [tsc, '-p', project, ...checkers], { cwd: dir, env }).catch((error) => {
    throw new Error(`${files.join()} with ${JSON.stringify(options)}:\n${error.stdout}${error.stderr}`)
  })
}
