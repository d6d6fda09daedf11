// What the scripts share: the project's folder, steps that tell their time, and child processes that end with us.
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const projectDir = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** A failure that the person at the keyboard can understand without a stack. */
export class StepError extends Error {
  /** @param {string} message @param {number} exitCode */
  constructor(message, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set()

/**
 * Starts a program in the project's folder with the tools of `node_modules/.bin` on its PATH. It ends with us.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, stdio: import('node:child_process').StdioOptions }} options
 */
export function spawnChild(command, args, { env, stdio }) {
  const path = `${join(projectDir, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`
  const child = spawn(command, args, { cwd: projectDir, env: { ...process.env, ...env, PATH: path }, stdio })
  children.add(child)
  child.once('error', () => children.delete(child))
  child.once('close', () => children.delete(child))
  return child
}

/**
 * Runs a program to its end.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, quiet?: boolean }} [options] `quiet` keeps the output back
 * @returns {Promise<{ code: number, output: string }>} what it wrote is in `output` when `quiet`
 */
export function run(command, args, options = {}) {
  const stdio = options.quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit'
  const child = spawnChild(command, args, { env: options.env, stdio })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk) => {
      output += chunk
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new StepError(`${command} cannot be run: ${error.message}`)))
    child.once('close', (code, signal) => {
      resolve({ code: code ?? (signal === 'SIGINT' ? 130 : 1), output })
    })
  })
}

/**
 * Tells what is being done, and afterwards how long it took.
 *
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const startedAt = performance.now()
  process.stdout.write(`▸ ${title}\n`)
  const result = await work()
  process.stdout.write(`  done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`)
  return result
}

let interrupted = false

/** Whether a signal has asked us to end. */
export const isInterrupted = () => interrupted

/**
 * On SIGINT and SIGTERM nothing is torn down at once: the child processes are told, and the script goes on to its own
 * end when they have ended. (A terminal sends Ctrl-C to the children itself.)
 */
export function passSignalsOn() {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      interrupted = true
      if (signal === 'SIGINT' && process.stdin.isTTY) return
      for (const child of children) child.kill(signal)
    })
  }
}

/**
 * Runs a script's main function and sets the exit code from what it returns or throws.
 *
 * @param {() => Promise<number>} main
 */
export async function runMain(main) {
  passSignalsOn()
  try {
    process.exitCode = await main()
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    process.stderr.write(`\n${error.message}\n`)
    process.exitCode = error.exitCode
  }
}
