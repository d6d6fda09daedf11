import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { freePort, type ServerExit, stopWhenParentDies, workspaceRoot } from '@ikigai/dev-env'
import { eventually } from './eventually.ts'
import { programArguments } from './program.ts'
import type { TestContext } from './test-context.ts'

export interface ServiceProcess {
  readonly pid: number
  /** `http://127.0.0.1:<PORT>` */
  readonly url: string
  /** `http://127.0.0.1:<ADMIN_PORT>` */
  readonly adminUrl: string
  readonly exited: Promise<ServerExit>
  /** Sends the signal (default SIGTERM) and resolves when the process has ended. */
  kill(signal?: NodeJS.Signals): Promise<ServerExit>
  /** Its output on stdout and stderr so far. */
  output(): string
}

/** Far more than it takes: a busy machine starts a process slowly. */
const READY_TIMEOUT_MS = 90_000
const STOP_TIMEOUT_MS = 10_000

/**
 * Runs a service's `main.ts` as a real process and resolves once its `/readyz` answers 200. PORT and ADMIN_PORT are free
 * ones unless `env` sets them; of this process's environment it gets only PATH, HOME and TMPDIR. It is stopped when the
 * test ends.
 *
 * @throws Error with what the process wrote, when it ends or is not ready in time
 */
export async function spawnService(
  t: TestContext,
  entryFile: string,
  env: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  const port = env['PORT'] ?? String(await freePort())
  const adminPort = env['ADMIN_PORT'] ?? String(await freePort())
  const { PATH, HOME, TMPDIR } = process.env
  const child = spawn(process.execPath, programArguments(resolve(workspaceRoot(), entryFile)), {
    cwd: workspaceRoot(),
    env: { PATH, HOME, TMPDIR, HOST: '127.0.0.1', ...env, PORT: port, ADMIN_PORT: adminPort },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
  }
  let exit: ServerExit | undefined
  const exited = new Promise<ServerExit>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      exit = { code, signal }
      resolve(exit)
    })
  })
  const pid = child.pid ?? 0
  const releaseGuard = stopWhenParentDies({ pid, signal: 'SIGKILL' })
  t.teardown(stop)

  async function stop(): Promise<void> {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    child.kill('SIGTERM')
    await exited
    clearTimeout(timer)
    releaseGuard()
  }

  const service: ServiceProcess = {
    pid,
    url: `http://127.0.0.1:${port}`,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    exited,
    async kill(signal = 'SIGTERM') {
      child.kill(signal)
      return await exited
    },
    output: () => output,
  }
  await untilReady(service, () => exit)
  return service
}

async function untilReady(service: ServiceProcess, exit: () => ServerExit | undefined): Promise<void> {
  const ended = await eventually(
    async () => {
      if (exit() !== undefined) return 'ended'
      const response = await fetch(`${service.adminUrl}/readyz`)
      return response.ok ? 'ready' : undefined
    },
    { timeoutMs: READY_TIMEOUT_MS, what: `${service.adminUrl}/readyz answers 200` },
  ).catch((error: unknown) => {
    throw new Error(`The service is not ready. It wrote:\n${service.output()}`, { cause: error })
  })
  if (ended === 'ended')
    throw new Error(`The service ended before it was ready. It wrote:\n${service.output()}`)
}
