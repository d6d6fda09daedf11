/** A reason not to start, or to stop, that is complete without a stack. */
export class LaunchError extends Error {
  override readonly name = 'LaunchError'
}

/** Thrown into a start that is no longer wanted. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError'
}
