/** A repeatable source of chance. */
export interface Random {
  /** 0 (included) to 1 (excluded). */
  next(): number
  /** A number between the two. */
  between(low: number, high: number): number
  /** A whole number between the two, both included. */
  integer(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(choices: readonly [T, ...T[]]): T
}

/** Mixes whole numbers into 32 bits (the finalizer of MurmurHash3 over each of them). */
export function mix(...seeds: number[]): number {
  let hash = 0x9e3779b9
  for (const seed of seeds) {
    hash ^= seed | 0
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    hash ^= hash >>> 16
  }
  return hash >>> 0
}

class Mulberry32 implements Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low)
  }

  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    const choice = choices[this.integer(0, choices.length - 1)]
    return choice === undefined ? choices[0] : choice
  }
}

/** The same seeds give the same sequence (the generator is mulberry32). */
export function createRandom(...seeds: number[]): Random {
  return new Mulberry32(mix(...seeds))
}
