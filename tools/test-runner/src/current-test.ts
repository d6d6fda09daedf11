import root, { type Test } from 'tap'

/**
 * Replaces `tap` in bundles, for test files that share a process: each file gets its own test, so that its teardowns run at
 * its end.
 */
let current: Test = root

/** Sets the test that files import as `tap` from now on. */
export function setCurrentTest(test: Test): void {
  current = test
}

export { current as default }
