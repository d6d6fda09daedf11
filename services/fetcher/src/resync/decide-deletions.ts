/** The result of a resync run, compared with the stored activities. */
export interface ResyncDiff {
  /** Stored activities. */
  readonly stored: number
  /** Stored before the run started, and not returned by it. */
  readonly missing: number
  /** Of the missing ones, those that an earlier run missed too. */
  readonly confirmedMissing: number
  /** Of the missing ones, those that a run missed at least {@link QUARANTINE_MS} before. */
  readonly confirmedMissingLong: number
  /** Deletions quarantined by an earlier run. */
  readonly quarantined: number
  /** Calls that the run made. */
  readonly calls: number
  /** Strava's list ended although older activities are stored: the run proves nothing. */
  readonly endedEarly: boolean
  /** There was a gap between pages, an unreadable item or a wrong clock: the run proves nothing. */
  readonly inconclusive: boolean
  /** An operator approved the quarantined deletions. */
  readonly approved: boolean
}

/** What to do about the activities that a run missed. */
export interface DeletionDecision {
  /** Which to delete at once. `confirmed`: those that an earlier run missed too. */
  readonly erase: 'none' | 'confirmed' | 'all'
  /** Whose `missing_since` to set to now. `all`: also those that have one, because an earlier run contradicts this one. */
  readonly mark: 'none' | 'unmarked' | 'all'
  /**
   * What follows for those that are not deleted yet. `settled`: nothing; `verify`: one call for each; `repeat`: another run soon,
   * which takes fewer calls; `quarantine`: too many, another run after {@link QUARANTINE_MS}; `sample`: two runs that far apart
   * agree, so all are deleted if Strava finds none of a sample either.
   */
  readonly next: 'settled' | 'verify' | 'repeat' | 'quarantine' | 'sample'
}

/** Minimum time between two runs that together prove a few deletions: ms. */
export const REPEAT_MS = 900_000
/** Minimum time between two runs that, with a sample, prove a mass deletion: ms. */
export const QUARANTINE_MS = 24 * 3_600_000

/** A mass deletion: more activities than `rows`, and more than this share of the stored ones. */
const MASS = { rows: 10, share: 0.1 }
/** Up to this number of missing activities, each is always verified by a call. */
const MIN_VERIFIED = 10

/**
 * A single run never deletes: an activity that it missed has to be missing in another run too, or Strava has to answer 404
 * for its id. A mass deletion needs another run a day later that misses the same activities and a sample that Strava does
 * not find, or an operator's approval. A run that ended early or is inconclusive proves nothing.
 */
export function decideDeletions(diff: ResyncDiff): DeletionDecision {
  const { missing, confirmedMissing, quarantined, approved, inconclusive, stored } = diff
  if (missing === 0) return { erase: 'none', mark: 'none', next: 'settled' }
  if (approved && !inconclusive && missing <= quarantined)
    return { erase: 'all', mark: 'none', next: 'settled' }
  if (diff.endedEarly) return decideEndedEarly(diff)
  // Quarantined deletions stay quarantined, even when few of them are left.
  if (isMass(missing, stored) || (quarantined > 0 && confirmedMissing > 0)) {
    const contradicted = quarantined > 0 && confirmedMissing !== quarantined
    const agrees = !inconclusive && quarantined > 0 && !contradicted && diff.confirmedMissingLong > 0
    const mark = contradicted ? 'all' : 'unmarked'
    return { erase: 'none', mark: inconclusive ? 'none' : mark, next: agrees ? 'sample' : 'quarantine' }
  }
  const erase = inconclusive ? 'none' : 'confirmed'
  const rest = missing - (inconclusive ? 0 : confirmedMissing)
  return { erase, mark: 'unmarked', next: rest === 0 ? 'settled' : verifyOrRepeat(diff, rest) }
}

/** After a run that ended early, few missing activities are verified; many wait for a complete run or an operator. */
function decideEndedEarly(diff: ResyncDiff): DeletionDecision {
  const { missing, stored } = diff
  if (isMass(missing, stored)) return { erase: 'none', mark: 'none', next: 'quarantine' }
  const few = missing <= maxVerified(diff)
  return { erase: 'none', mark: few ? 'unmarked' : 'none', next: few ? 'verify' : 'settled' }
}

/** Verifying takes a call per activity, another run as many calls as this one. */
function verifyOrRepeat(diff: ResyncDiff, rest: number): DeletionDecision['next'] {
  return diff.inconclusive || rest <= maxVerified(diff) ? 'verify' : 'repeat'
}

const maxVerified = ({ calls }: ResyncDiff) => Math.max(MIN_VERIFIED, calls)

const isMass = (missing: number, stored: number) => missing > MASS.rows && missing > MASS.share * stored
