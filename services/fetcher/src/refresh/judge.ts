/** What a complete listing found, compared with the store. */
export interface Findings {
  /** Activities stored. */
  readonly stored: number
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
  /** It ended before it met all that is known to be older: it proves nothing. */
  readonly incomplete: boolean
  /** Something else in the listing, or in the clocks, makes it no proof. */
  readonly flawed: boolean
  /** An operator believes that what is held is gone. */
  readonly released: boolean
}

/** What follows from it. */
export interface Verdict {
  /** What is erased at once: what was missing in an earlier complete listing too, or all that is missing. */
  readonly erase: 'none' | 'again' | 'all'
  /** What is missing is suspected from now on: `anew` for the first time, because earlier listings contradict this one. */
  readonly suspect: 'none' | 'too' | 'anew'
  /**
   * For what remains missing. `ask`: one by one; `repeat`: another listing soon, because that costs less;
   * `hold`: too much to be believed, another listing after {@link HOLD_MS}; `sample`: two listings so far apart agree, and
   * all of it goes if Strava finds none of a sample either.
   */
  readonly next: 'settled' | 'ask' | 'repeat' | 'hold' | 'sample'
}

/** How far apart two listings must be that together prove a few deletions: ms. */
export const REPEAT_MS = 900_000
/** How far apart two listings must be that, with a sample, prove a mass deletion: ms. */
export const HOLD_MS = 24 * 3_600_000

/** More than this many and more than this share of a history is a mass deletion. */
const MASS = { rows: 10, share: 0.1 }
/** So many are asked for one by one in any case. */
const ASK_AT_LEAST = 10

/**
 * One listing never erases: what it lacks has to be missing in another one too, or Strava has to say so when asked for
 * it by id. A mass deletion needs another listing a day later that lacks the very same, and a sample that Strava does not
 * find; or an operator. A listing that is incomplete, or has a flaw, proves nothing.
 */
export function judge(found: Findings): Verdict {
  const { missing, again, held, released, flawed, stored } = found
  if (missing === 0) return { erase: 'none', suspect: 'none', next: 'settled' }
  if (released && !flawed && missing <= held) return { erase: 'all', suspect: 'none', next: 'settled' }
  if (found.incomplete) return ofIncomplete(found)
  // What is held stays held, however few of it are left.
  if (isMass(missing, stored) || (held > 0 && again > 0)) {
    const contradicted = held > 0 && again !== held
    const agrees = !flawed && held > 0 && !contradicted && found.longAgain > 0
    const suspect = contradicted ? 'anew' : 'too'
    return { erase: 'none', suspect: flawed ? 'none' : suspect, next: agrees ? 'sample' : 'hold' }
  }
  const erase = flawed ? 'none' : 'again'
  const rest = missing - (flawed ? 0 : again)
  return { erase, suspect: 'too', next: rest === 0 ? 'settled' : following(found, rest) }
}

/** Few are asked for one by one; for more, only an operator can tell, or a listing that is complete. */
function ofIncomplete(found: Findings): Verdict {
  const { missing, stored } = found
  if (isMass(missing, stored)) return { erase: 'none', suspect: 'none', next: 'hold' }
  const few = missing <= askedAtMost(found)
  return { erase: 'none', suspect: few ? 'too' : 'none', next: few ? 'ask' : 'settled' }
}

function following(found: Findings, rest: number): Verdict['next'] {
  return found.flawed || rest <= askedAtMost(found) ? 'ask' : 'repeat'
}

const askedAtMost = ({ calls }: Findings) => Math.max(ASK_AT_LEAST, calls)

const isMass = (missing: number, stored: number) => missing > MASS.rows && missing > MASS.share * stored
