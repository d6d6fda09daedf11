/** Exponential backoff: `firstMs` after the first of `failures` in a row, doubled by each further one, up to `maxMs`. */
export const backoffMs = (failures: number, firstMs: number, maxMs: number): number =>
  Math.min(maxMs, firstMs * 2 ** Math.max(0, failures - 1))
