/** A failure that the person at the keyboard can understand without a stack. */
export class StepError extends Error {
  /** @param {string} message @param {number} exitCode of the script */
  constructor(message, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/**
 * The message of whatever was thrown.
 *
 * @param {unknown} error
 */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error))
