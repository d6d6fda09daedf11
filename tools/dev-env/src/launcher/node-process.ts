import { spawn } from 'node:child_process'
import { createWriteStream, existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { type ServerExit, stopWhenParentDies } from '../index.ts'
import type { Component } from './component.ts'
import { LaunchError } from './errors.ts'
import { type Attention, attentionIn, lineSplitter } from './log-lines.ts'

export interface NodeProcessOptions {
  readonly name: string
  readonly entryFile: string
  readonly env: Readonly<Record<string, string>>
  readonly logFile: string
  /** Called with each log line that deserves attention. */
  readonly onAttention: (attention: Attention) => void
}

const LAST_LINES = 15
const STOP_TIMEOUT_MS = 15_000

/**
 * Runs one of our programs outside of the terminal's process group, so that Ctrl-C does not stop it out of order. Its output
 * goes to its log file, which starts empty.
 *
 * @throws LaunchError when the program does not exist
 */
export function startNodeProcess(options: NodeProcessOptions): Component {
  const { name } = options
  if (!existsSync(options.entryFile)) {
    throw new LaunchError(
      `${name} is missing: there is no ${options.entryFile}. Has the build run (npm start does it)?`,
    )
  }
  const child = spawn(process.execPath, [...process.execArgv, options.entryFile], {
    env: options.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log = createWriteStream(options.logFile, { mode: 0o600 })
  const lastLines: string[] = []
  const onLine = lineSplitter((line) => {
    log.write(`${line}\n`)
    lastLines.push(line)
    if (lastLines.length > LAST_LINES) lastLines.shift()
    const attention = attentionIn(line)
    if (attention !== undefined) options.onAttention(attention)
  })
  child.stdout.setEncoding('utf8').on('data', onLine)
  child.stderr.setEncoding('utf8').on('data', onLine)
  const releaseGuard =
    child.pid === undefined ? undefined : stopWhenParentDies({ pid: child.pid, signal: 'SIGTERM' })
  const exited = new Promise<ServerExit>((resolve) => {
    child.once('error', (error) => {
      lastLines.push(error.message)
      resolve({ code: null, signal: null })
    })
    child.once('close', (code, signal) => {
      releaseGuard?.()
      log.end()
      resolve({ code, signal })
    })
  })
  return {
    name,
    logFile: options.logFile,
    exited,
    lastLines: () => lastLines.join('\n'),
    async stop() {
      child.kill('SIGTERM')
      const patience = new AbortController()
      const late = delay(STOP_TIMEOUT_MS, undefined, { signal: patience.signal }).then(
        () => child.kill('SIGKILL'),
        () => false,
      )
      await exited
      patience.abort()
      await late
    },
  }
}
