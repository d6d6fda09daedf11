/**
 * Replaces tap's `async-hook-domain` in bundles, which records the test of every promise and timer: a fifth of the CPU time
 * in tests like these, which wait and poll. `uncaught-errors.ts` works without it.
 */
export class Domain {
  readonly onerror: (error: unknown, event: string) => void

  constructor(onerror: (error: unknown, event: string) => void) {
    this.onerror = onerror
  }

  destroy(): void {}
}
