/** What a complete listing found, compared with the store. */
export interface Findings {
  /** Activities stored. */
  readonly stored: number
  /** Activities that the listing showed, repetitions included. */
  readonly listed: number
  /** Stored, older than the listing, and not shown by it. */
  readonly missing: number
  /** Of those, how many an earlier complete listing lacked too. */
  readonly again: number
  /** Of those, how many it lacked at least {@link HOLD_MS} before. */
  readonly longAgain: number
  /** How many are held since an earlier listing; 0 when none are. */
  readonly held: number
  /** Calls that the listing took. */
  readonly calls: number
  /** Something in the listing makes it no proof. */
  readonly flawed: boolean
  /** An operator believes that what is held is gone. */
  readonly released: boolean
}

/** What follows from it. */
export interface Verdict {
  /** What is erased at once: what was missing in an earlier complete listing too. */
  readonly erase: 'none' | 'again' | 'longAgain'
  /** Earlier listings contradict this one: what is missing counts as missing for the first time. */
  readonly anew: boolean
  /**
   * For what remains missing. `ask`: one by one; `repeat`: another listing soon, because that costs less;
   * `hold`: too much to be believed, another listing after {@link HOLD_MS}.
   */
  readonly next: 'settled' | 'ask' | 'repeat' | 'hold'
}

/** How far apart two listings must be that together prove a few deletions: ms. */
export const REPEAT_MS = 900_000
/** How far apart two listings must be that together prove a mass deletion: ms. */
export const HOLD_MS = 6 * 3_600_000

/** More than this many and more than this share of a history is a mass deletion. */
const MASS = { rows: 10, share: 0.1 }
/** So many are asked for one by one in any case. */
const ASK_AT_LEAST = 10

/**
 * One listing never erases: what it lacks has to be missing in another one too, or Strava has to say so when asked for
 * it by id. A mass deletion needs another listing hours later that says the very same; an empty listing, or one with
 * a flaw, proves nothing.
 */
export function judge(found: Findings): Verdict {
  const { missing, again, released, flawed, stored } = found
  if (missing === 0) return { erase: 'none', anew: false, next: 'settled' }
  const proves = !flawed && (found.listed > 0 || released)
  if (isMass(missing, stored) && !released) {
    const contradicted = found.held > 0 && again !== found.held
    const erase = proves && found.held > 0 && !contradicted ? 'longAgain' : 'none'
    return { erase, anew: contradicted, next: following(found, erase === 'none' ? 0 : found.longAgain) }
  }
  return {
    erase: proves ? 'again' : 'none',
    anew: false,
    next: following(found, proves ? again : 0),
  }
}

function following({ missing, stored, calls, flawed }: Findings, erased: number): Verdict['next'] {
  const rest = missing - erased
  if (rest === 0) return 'settled'
  if (isMass(rest, stored - erased)) return 'hold'
  return flawed || rest <= Math.max(ASK_AT_LEAST, calls) ? 'ask' : 'repeat'
}

const isMass = (missing: number, stored: number) => missing > MASS.rows && missing > MASS.share * stored
