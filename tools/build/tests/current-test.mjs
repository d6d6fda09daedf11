// What a test file imports as `tap`: the tests of the file that is running, in whichever process that is.
import root from 'tap'

let current = root

/**
 * Makes `test` what files import as `tap` from now on.
 *
 * @param {import('tap').Test} test
 */
export function setCurrentTest(test) {
  current = test
}

export { current as default }
