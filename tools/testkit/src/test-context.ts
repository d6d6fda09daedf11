/** The part of a tap test that these helpers need: `t` itself fits, of a file or of one test. */
export interface TestContext {
  teardown(handler: () => unknown): unknown
}
