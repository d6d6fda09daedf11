import root, { type Base, TestBase } from 'tap'

/**
 * Turns an uncaught error into a failure of the running test, or of none. Files and their tests run one after
 * another: a late error is reported where it occurred, with the stack of its origin.
 */
export function reportUncaughtErrors(): void {
  process.on('uncaughtException', (error, origin) => {
    // A test that listens for itself expects it.
    if (process.listenerCount('uncaughtException') === 1) runningIn(root).hookDomain.onerror(error, origin)
  })
}

/** The innermost running test. */
function runningIn(test: Base): Base {
  const inner = test instanceof TestBase ? [...test.activeSubtests].at(-1) : undefined
  return inner === undefined ? test : runningIn(inner)
}
