/** What is known at once, or has to be waited for. */
export type MaybePromise<T> = T | Promise<T>

/** Goes on at once with what is known, and otherwise when it is. */
export function then<T, Result>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<Result>,
): MaybePromise<Result> {
  return value instanceof Promise ? value.then(next) : next(value)
}
