/**
 * Rules of a grant: pure functions of its record and of Strava's answers. Times are epoch milliseconds. The state machine and the
 * retention periods are in docs/architecture.md, "The life of a grant".
 */

/** The state of a grant, as far as the rules depend on it. */
export interface GrantRecord {
  /** When the stored access token expires; undefined when no key decrypts it. */
  readonly expiresAt: number | undefined
  /** When a refresh began whose outcome is unknown. */
  readonly refreshBegunAt: number | null
  /** Since when Strava refuses the refresh token. */
  readonly blockedAt: number | null
  /** When a deauthorization was reported that nothing has contradicted since. */
  readonly reportedAt: number | null
}

/** Strava's answer to a refresh. */
export type RefreshOutcome =
  /** Strava issued tokens. */
  | 'refreshed'
  /** Strava does not accept the refresh token: the grant has ended, or a newer refresh token is in force. */
  | 'refused'
  /** Strava did nothing: the request did not reach it, or was rejected for another reason. */
  | 'not-done'
  /** The answer is not known, so Strava may have replaced the refresh token. */
  | 'unknown'

/** The fields that a refresh changes. */
export type GrantChange = Pick<GrantRecord, 'refreshBegunAt' | 'blockedAt' | 'reportedAt'>

const DAY_MS = 86_400_000

/** Retention of a grant that Strava refuses, and of its athlete's data (API Policy, 7.4). A reported end shortens it. */
export const DEAD_GRANT_MAX_AGE_MS = 30 * DAY_MS

/** Interval of rechecks of a blocked grant: the refusal may have been a mistake of Strava's. */
export const RECHECK_INTERVAL_MS = DAY_MS

/**
 * An access token can prove the end of a grant while it is valid for longer than this (ms) by Strava's clock. A refresh issues a
 * new access token only when the old one has an hour or less left (Strava API docs, authentication), so one with more cannot
 * have been replaced without our knowledge: by a refresh whose answer was lost, or one that a restored backup does not contain.
 */
const PROVABLE_ABOVE_MS = 3_600_000 + 60_000

/** The record while a refresh is in flight, which a killed process leaves behind. */
export function afterBegin(grant: GrantRecord, now: number): GrantChange {
  return { ...changeOf(grant), refreshBegunAt: grant.refreshBegunAt ?? now }
}

/**
 * The record after a refresh.
 * @param grant as it was before the refresh began
 * @param at when Strava answered, by its own clock if the answer had a `Date`
 * @param reported whether a reported deauthorization was the reason for the refresh
 */
export function afterRefresh(
  grant: GrantRecord,
  outcome: RefreshOutcome,
  { at, reported }: { readonly at: number; readonly reported: boolean },
): GrantChange {
  switch (outcome) {
    case 'refreshed':
      return { refreshBegunAt: null, blockedAt: null, reportedAt: null }
    case 'refused':
      return {
        // The outcome of an earlier refresh stays unknown: it may be the reason for this refusal.
        refreshBegunAt: grant.refreshBegunAt,
        blockedAt: Math.min(grant.blockedAt ?? at, at),
        reportedAt: reported ? Math.min(grant.reportedAt ?? at, at) : grant.reportedAt,
      }
    case 'not-done':
      return changeOf(grant)
    case 'unknown':
      return afterBegin(grant, at)
  }
}

/** The record of an unreadable grant whose end was reported: as after a refusal, because it cannot be refreshed. */
export function afterReportUnreadable(grant: GrantRecord, now: number): GrantChange {
  return afterRefresh(grant, 'refused', { at: now, reported: true })
}

/**
 * Whether a call at `at`, by Strava's clock, with the stored access token can prove that the grant has ended: the token
 * must be valid at that time unless the grant has ended.
 */
export function isProvable(grant: GrantRecord, at: number): boolean {
  const { expiresAt, blockedAt, reportedAt } = grant
  if (expiresAt === undefined || blockedAt === null || reportedAt === null) return false
  return expiresAt - at > PROVABLE_ABOVE_MS
}

/** Strava's answer to a call with the stored access token; `at`: its `Date` header, null without one. */
export interface ProofAnswer {
  readonly answer: 'accepted' | 'rejected'
  readonly at: number | null
}

/** Whether Strava's answer to a call with the stored access token proves that the grant has ended. */
export function provesEnd(grant: GrantRecord, { answer, at }: ProofAnswer): boolean {
  return answer === 'rejected' && at !== null && isProvable(grant, at)
}

/** The record after an answer that does not prove the end. An accepted token contradicts the report. */
export function afterProof(grant: GrantRecord, { answer }: ProofAnswer): GrantChange {
  return answer === 'accepted' ? { ...changeOf(grant), reportedAt: null } : changeOf(grant)
}

/** When a blocked grant is to be erased, unless Strava accepts it before: epoch ms. Undefined if it is not blocked. */
export function expiryOf(
  grant: Pick<GrantRecord, 'blockedAt' | 'reportedAt'>,
  gracePeriodMs: number,
): number | undefined {
  const { blockedAt, reportedAt } = grant
  if (blockedAt === null) return undefined
  const byPolicy = blockedAt + DEAD_GRANT_MAX_AGE_MS
  return reportedAt === null ? byPolicy : Math.min(byPolicy, reportedAt + gracePeriodMs)
}

/**
 * Whether a grant that has just been refused again is erased.
 * @param at the `Date` of Strava's refusal, so that no wrong clock of ours erases anything; undefined when unknown
 */
export function isExpired(grant: GrantRecord, gracePeriodMs: number, at: number | undefined): boolean {
  const expiry = expiryOf(grant, gracePeriodMs)
  return expiry !== undefined && at !== undefined && at >= expiry
}

/** The time of the next recheck of a blocked grant. */
export function nextRecheck(grant: GrantRecord, gracePeriodMs: number, now: number): number {
  const expiry = expiryOf(grant, gracePeriodMs) ?? now + RECHECK_INTERVAL_MS
  const soonest = now + RECHECK_INTERVAL_MS / 24
  return Math.max(soonest, Math.min(expiry, now + RECHECK_INTERVAL_MS))
}

const changeOf = ({ refreshBegunAt, blockedAt, reportedAt }: GrantRecord): GrantChange => ({
  refreshBegunAt,
  blockedAt,
  reportedAt,
})
