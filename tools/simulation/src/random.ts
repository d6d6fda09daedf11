/** A random number generator, deterministic for a seed. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Standard normal. */
  normal(): number
  /** Exponential with the given mean. */
  exponential(mean: number): number
  /** Poisson with the given mean. */
  poisson(mean: number): number
}

/** Mulberry32: small, fast, and good enough for workloads. */
export function createRandom(seed: number): Random {
  let a = seed >>> 0
  const next = () => {
    a = (a + 0x6d2b79f5) >>> 0
    let x = Math.imul(a ^ (a >>> 15), a | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  const exponential = (mean: number) => -mean * Math.log(1 - next())
  const poisson = (mean: number): number => {
    // Above this, the normal approximation is accurate enough and faster.
    if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()))
    let count = 0
    for (let left = exponential(1); left < mean; left += exponential(1)) count++
    return count
  }
  return { next, normal, exponential, poisson }
}
