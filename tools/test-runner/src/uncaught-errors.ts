import root, { type Base, TestBase } from 'tap'

/**
 * Makes an error that nobody catches a failure of the test that runs, or of none when none does. Files run one after
 * another, and so do their tests: an error that comes late is told where it came, with the stack of where it began.
 */
export function reportUncaughtErrors(): void {
  process.on('uncaughtException', (error, origin) => {
    // A test that listens for itself expects it.
    if (process.listenerCount('uncaughtException') === 1) runningIn(root).hookDomain.onerror(error, origin)
  })
}

/** The innermost test that runs. */
function runningIn(test: Base): Base {
  const inner = test instanceof TestBase ? [...test.activeSubtests].at(-1) : undefined
  return inner === undefined ? test : runningIn(inner)
}
