// Child processes of the scripts; signals are passed on to them.
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { projectDir } from './project.mjs'
import { StepError } from './step-error.mjs'

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set()

const interruptedBy = new AbortController()

/** Aborts at the first signal that asks the script to end. */
export const interruption = interruptedBy.signal

/** The PATH with the tools of `node_modules/.bin` first. */
export const toolsPath = `${join(projectDir, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}`

/**
 * Runs a program to its end, in the project's folder and with the tools of `node_modules/.bin` on its PATH.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, quiet?: boolean }} [options] `quiet`: returns the output instead of printing it
 * @returns {Promise<{ code: number, output: string }>} `output` is empty unless `quiet`
 */
export function run(command, args, { env = {}, quiet = false } = {}) {
  const child = spawn(command, args, {
    cwd: projectDir,
    env: { ...process.env, ...env, PATH: toolsPath },
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
  })
  children.add(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk) => {
      output += chunk
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      children.delete(child)
      reject(new StepError(`${command} cannot be run: ${error.message}`))
    })
    child.once('close', (code, signal) => {
      children.delete(child)
      resolve({ code: code ?? (signal === 'SIGINT' ? 130 : 1), output })
    })
  })
}

/**
 * Passes SIGINT and SIGTERM on to the child processes; the script ends after them. (A terminal sends Ctrl-C to the
 * children itself.)
 */
export function passSignalsOn() {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.on(signal, () => {
      interruptedBy.abort()
      if (signal === 'SIGINT' && process.stdin.isTTY) return
      for (const child of children) child.kill(signal)
    })
  }
}
