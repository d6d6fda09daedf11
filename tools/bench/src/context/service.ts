import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort, programFile, stopWhenParentDies, workspaceRoot } from '@ikigai/dev-env'

/** A service of ikigai as it runs in production: what was built, in a process of its own. */
export interface Service {
  readonly pid: number
  /** `http://127.0.0.1:<PORT>` */
  readonly url: string
  readonly adminUrl: string
  /** From the start of the process to the first 200 of its `/readyz`. */
  readonly readyAfterMs: number
  stop(): Promise<void>
}

/** The script through which `npm start` and the image run it. */
const LOW_MEMORY_SCRIPT = join(workspaceRoot(), 'deploy', 'run-low-memory.sh')
const READY_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 10_000

/**
 * Starts the program of a package (`services/gateway`, `tools/simulator`), as it was built beside this one.
 *
 * @throws Error with what it wrote, when it does not become ready
 */
export async function startService(
  packageDir: string,
  env: Readonly<Record<string, string>>,
  readyPath = '/readyz',
): Promise<Service> {
  const entryFile = programFile(`${packageDir}/src/main.ts`)
  if (!existsSync(entryFile)) throw new Error(`${entryFile} has not been built: npm run build`)
  const [port, adminPort] = [env['PORT'] ?? (await freePort()), env['ADMIN_PORT'] ?? (await freePort())]
  const { PATH, HOME, TMPDIR, BENCH_NODE_ARGS = '' } = process.env
  const profiling = BENCH_NODE_ARGS.split(' ').filter((argument) => argument !== '')
  // As in production: the log is written, at its default level, and read by nobody who takes our time.
  const logFile = join(await mkdtemp(join(tmpdir(), 'ikigai-bench-log-')), 'service.log')
  const log = openSync(logFile, 'w')
  const startedAt = performance.now()
  const child = spawn('sh', [LOW_MEMORY_SCRIPT, process.execPath, ...profiling, entryFile], {
    env: {
      ...{ PATH, HOME, TMPDIR, HOST: '127.0.0.1' },
      ...env,
      PORT: `${port}`,
      ADMIN_PORT: `${adminPort}`,
    },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const pid = child.pid ?? 0
  const releaseGuard = stopWhenParentDies({ pid, signal: 'SIGKILL' })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async () => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    child.kill('SIGTERM')
    await exited
    clearTimeout(timer)
    releaseGuard()
    await rm(dirname(logFile), { recursive: true, force: true })
  }
  const url = `http://127.0.0.1:${port}`
  const adminUrl = `http://127.0.0.1:${adminPort}`
  const readyUrl = `${readyPath === '/readyz' ? adminUrl : url}${readyPath}`
  while (!(await answers(readyUrl))) {
    if (child.exitCode === null && performance.now() - startedAt < READY_TIMEOUT_MS) {
      await delay(5)
      continue
    }
    const written = await readFile(logFile, 'utf8')
    await stop()
    throw new Error(`${packageDir} is not ready. It wrote:\n${written.slice(-2_000)}`)
  }
  const readyAfterMs = performance.now() - startedAt
  return { pid, url, adminUrl, readyAfterMs, stop }
}

async function answers(url: string): Promise<boolean> {
  return await fetch(url).then(
    async (response) => {
      await response.body?.cancel()
      return response.ok
    },
    () => false,
  )
}

/** Watches how much memory processes have resident (Linux; elsewhere there is nothing to be seen). */
export function watchMemory(pids: Readonly<Record<string, number>>) {
  const most: Record<string, number> = {}
  const look = async () => {
    for (const [name, pid] of Object.entries(pids)) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
      const now = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024
      most[name] = Math.max(most[name] ?? 0, now)
    }
  }
  const timer = setInterval(() => void look(), 100)
  return {
    /** Ends the watch. The most that each had, in MiB. */
    end: async (): Promise<Readonly<Record<string, number>>> => {
      clearInterval(timer)
      await look()
      return most
    },
  }
}
