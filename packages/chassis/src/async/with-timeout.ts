/** An operation did not finish in time. It may still go on. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
}

/**
 * Settles as `promise` does, if that happens within `timeoutMs`. The operation itself is not cancelled.
 *
 * @throws TimeoutError with `message` otherwise
 */
export async function withTimeout<T>(
  timeoutMs: number,
  promise: Promise<T>,
  message = `no answer within ${timeoutMs / 1_000} s`,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutError(message)), timeoutMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
