import root, { type Test } from 'tap'

/**
 * What a test file imports as `tap` when files share a process: a test of its own, so that what a file sets up ends with
 * it. The bundler puts this module in the place of `tap`.
 */
let current: Test = root

/** Makes `test` what files import as `tap` from now on. */
export function setCurrentTest(test: Test): void {
  current = test
}

export { current as default }
