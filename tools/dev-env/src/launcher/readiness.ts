import { setTimeout as delay } from 'node:timers/promises'
import { LaunchError } from './errors.ts'

const TIMEOUT_MS = 60_000
const ATTEMPT_TIMEOUT_MS = 5_000

/**
 * Resolves when `url` answers 200. Rejects with the signal's reason when that aborts.
 *
 * @throws LaunchError with the last answer after a minute
 */
export async function waitUntilReady(name: string, url: string, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS
  for (;;) {
    const answer = await ask(url, signal)
    signal.throwIfAborted()
    if (answer === undefined) return
    if (performance.now() > deadline) {
      throw new LaunchError(`${name} is not ready after ${TIMEOUT_MS / 1_000} s: ${url} says ${answer}`)
    }
    await delay(50, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

/** Requests the URL once. `undefined` for a 200, otherwise a description of the answer. */
async function ask(url: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)]),
    })
    const body = await response.text()
    return response.status === 200 ? undefined : `${response.status} ${body}`
  } catch (error) {
    return error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
  }
}
