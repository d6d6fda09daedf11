/**
 * The bundler puts this in the place of tap's `async-hook-domain`, which remembers of every promise and timer which test it
 * belongs to: a fifth of the time of a CPU in tests like these, that wait and poll. `uncaught-errors.ts` does without.
 */
export class Domain {
  readonly onerror: (error: unknown, event: string) => void

  constructor(onerror: (error: unknown, event: string) => void) {
    this.onerror = onerror
  }

  destroy(): void {}
}
