/** A failure whose message suffices; it is printed without a stack. */
export class StepError extends Error {
  /** @param {string} message @param {number} exitCode of the script */
  constructor(message, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/**
 * The message of a thrown value.
 *
 * @param {unknown} error
 */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error))
