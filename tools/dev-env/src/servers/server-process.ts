import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { ServerFailedError } from './errors.ts'
import type { ServerExit } from './server.ts'

/** A user that a server runs as. */
export interface ProcessOwner {
  readonly uid: number
  readonly gid: number
}

export interface ServerProcessOptions {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly logFile: string
  readonly env?: NodeJS.ProcessEnv
  /** The signal that means a clean and quick shutdown. */
  readonly stopSignal: NodeJS.Signals
  /** The signal for a server that has not ended `graceMs` later. */
  readonly forceSignal: NodeJS.Signals
  readonly graceMs?: number
  readonly owner?: ProcessOwner | undefined
  /** A folder to remove if this process dies before it could stop the server. */
  readonly removeDir?: string | undefined
}

export interface ServerProcess {
  readonly pid: number
  readonly logFile: string
  readonly exited: Promise<ServerExit>
  hasExited(): boolean
  /** The last lines of the log, for error messages. */
  lastLines(): string
  stop(): Promise<void>
  kill(signal: NodeJS.Signals): Promise<void>
}

/**
 * Spawns a server in a process group of its own, so that Ctrl-C in a terminal reaches this process alone and the
 * server is stopped in its turn. Its output goes to `logFile`, which starts empty.
 *
 * @throws ServerFailedError when the program cannot be executed
 */
export async function spawnServer(options: ServerProcessOptions): Promise<ServerProcess> {
  const log = openSync(options.logFile, 'w', 0o600)
  let child: ChildProcess
  try {
    child = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      detached: true,
      stdio: ['ignore', log, log],
      ...options.owner,
    })
  } finally {
    closeSync(log)
  }
  const pid = await spawned(options.name, child)
  const releaseGuard = stopWhenParentDies({ pid, signal: options.stopSignal, removeDir: options.removeDir })
  let ended = false
  const exited = new Promise<ServerExit>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = true
      releaseGuard()
      resolve({ code, signal })
    })
  })
  child.unref()

  async function kill(signal: NodeJS.Signals): Promise<void> {
    if (ended) return
    child.ref()
    child.kill(signal)
    await exited
  }

  async function stop(): Promise<void> {
    const forced = new AbortController()
    const timer = delay(options.graceMs ?? 10_000, undefined, { signal: forced.signal }).then(
      () => child.kill(options.forceSignal),
      () => false,
    )
    await kill(options.stopSignal)
    forced.abort()
    await timer
  }

  return {
    pid,
    logFile: options.logFile,
    exited,
    hasExited: () => ended,
    lastLines: () => lastLines(options.logFile),
    stop,
    kill,
  }
}

function spawned(name: string, child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(new ServerFailedError(name, `cannot be executed (${error.message})`)),
    )
    child.once('spawn', () => resolve(child.pid ?? 0))
  })
}

export interface ParentGuardOptions {
  readonly pid: number
  readonly signal: NodeJS.Signals
  /** A folder to remove once that process has ended. */
  readonly removeDir?: string | undefined
}

const GUARD_SCRIPT = `
read -r _ && exit 0
kill -s "$2" "$1"
[ -n "$3" ] || exit 0
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  kill -0 "$1" 2>/dev/null || break
  sleep 0.1
done
rm -rf -- "$3"`

/**
 * Starts a tiny shell that holds one end of a pipe. When this process dies, however it dies, the pipe closes and the
 * shell signals the process `pid`. Returns the function that calls the guard off.
 */
export function stopWhenParentDies(options: ParentGuardOptions): () => void {
  const args = [
    '-c',
    GUARD_SCRIPT,
    'sh',
    String(options.pid),
    options.signal.slice('SIG'.length),
    options.removeDir ?? '',
  ]
  const guard = spawn('/bin/sh', args, { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' })
  // A machine without a shell loses the guard, not the server.
  guard.once('error', () => {})
  guard.stdin.once('error', () => {})
  guard.unref()
  if ('unref' in guard.stdin && typeof guard.stdin.unref === 'function') guard.stdin.unref()
  return () => {
    guard.stdin.end('\n')
  }
}

/** The last lines of a log file, or an empty string. */
export function lastLines(logFile: string, count = 15): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n')
  } catch {
    return ''
  }
}
