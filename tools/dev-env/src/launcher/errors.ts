/** An error of starting or running that is shown without a stack. */
export class LaunchError extends Error {
  override readonly name = 'LaunchError'
}

/** Thrown when stopping has begun during the start. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError'
}
