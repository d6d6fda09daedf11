/** A value, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>

/** Calls `next` with the value: synchronously if it is not a promise. */
export function then<T, Result>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<Result>,
): MaybePromise<Result> {
  return value instanceof Promise ? value.then(next) : next(value)
}
