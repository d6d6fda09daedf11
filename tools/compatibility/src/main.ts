import { spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SESSION_SETTINGS } from '@ikigai/db'
import { startPostgres, temporaryDir, workspaceRoot } from '@ikigai/dev-env'
import postgresClient from 'postgres'
import { COMBINATIONS, type Combination, type Parts } from './combinations.ts'
import { startPooler } from './pooler.ts'

/** The outcome of a combination. */
interface Outcome {
  readonly name: string
  readonly passed: number
  readonly failed: number
  readonly seconds: number
}

/** Timeout of one file, generous for a busy machine. */
const FILE_SECONDS = 600

const root = workspaceRoot()
const cacheDir = join(root, '.ikigai', 'cache', 'compatibility')

/**
 * Runs the tests of each combination whose name `--only` begins, in that order, or of all, and prints a table. Returns 1
 * when a test failed.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: 'string', multiple: true, default: [''] } } })
  await mkdir(cacheDir, { recursive: true })
  const outcomes: Outcome[] = []
  for (const combination of values.only.flatMap((start) =>
    COMBINATIONS.filter(({ name }) => name.startsWith(start)),
  )) {
    process.stdout.write(`\n▸ ${combination.name}\n`)
    outcomes.push(await outcomeOf(combination))
    process.stdout.write(`\n${tableOf(outcomes)}\n`)
  }
  return outcomes.some(({ failed }) => failed > 0) ? 1 : 0
}

async function outcomeOf({ name, files, prepare }: Combination): Promise<Outcome> {
  const begun = performance.now()
  const parts = await prepare(cacheDir)
  const behind = parts.pooler === undefined ? undefined : await startBehindPooler(parts)
  try {
    const { output, code } = await runTests(files, { ...environmentOf(parts), ...behind?.env })
    const [, passed, failed] = /^(\d+) passed, (\d+) failed/m.exec(output) ?? []
    const seconds = Math.round((performance.now() - begun) / 1_000)
    // A run that ends before its summary has failed as a whole.
    const failures = Number(failed ?? 1)
    return {
      name,
      passed: Number(passed ?? 0),
      failed: code === 0 ? failures : Math.max(1, failures),
      seconds,
    }
  } finally {
    await behind?.stop()
  }
}

const environmentOf = ({ postgresPrograms, natsServer }: Parts) => ({
  ...(postgresPrograms === undefined ? {} : { IKIGAI_TEST_POSTGRES_PROGRAMS: postgresPrograms }),
  ...(natsServer === undefined ? {} : { NATS_SERVER: natsServer }),
})

/** A server of its own, so that the pooler is there before the tests are. */
async function startBehindPooler({ pooler, postgresPrograms }: Parts) {
  if (pooler === undefined) throw new Error('no pooler')
  const dataDir = await temporaryDir('ikigai-compatibility-')
  const postgres = await startPostgres({
    dataDir,
    temporary: true,
    programs: postgresPrograms,
    settings: { max_connections: 400, shared_buffers: '256MB' },
  })
  await giveSettings(postgres.url)
  const { port, stop } = await startPooler(pooler, postgres.url).catch(async (error: unknown) => {
    await postgres.stop()
    throw error
  })
  const parameters = pooler.prepares ? 'pooler=transaction' : 'pooler=transaction&prepare=false'
  return {
    env: {
      IKIGAI_TEST_POSTGRES_URL: postgres.url,
      IKIGAI_TEST_POSTGRES_POOLER: `127.0.0.1:${port}?${parameters}`,
    },
    stop: async () => {
      await stop()
      await postgres.stop()
    },
  }
}

/** As an operator gives them to a role that is not one of ours: the tests work as the superuser. */
async function giveSettings(url: string): Promise<void> {
  const sql = postgresClient(url, { max: 1 })
  for (const [name, value] of Object.entries(SESSION_SETTINGS)) {
    await sql.unsafe(`alter role current_user set ${name} = '${value}'`)
  }
  await sql.end()
}

function runTests(
  files: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ output: string; code: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['tools/build/test.mjs', `--timeout=${FILE_SECONDS}`, ...files], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      process.stdout.write(chunk)
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ output, code }))
  })
}

/** In Markdown, as `docs/configuration.md` has it. */
function tableOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ name, passed, failed, seconds }) => [
    name,
    String(passed),
    String(failed),
    `${seconds} s`,
  ])
  const all = [['against', 'passed', 'failed', 'took'], ...rows]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const lines = all.map((row) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`)
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [lines[0], rule, ...lines.slice(1)].join('\n')
}

process.exitCode = await main()
