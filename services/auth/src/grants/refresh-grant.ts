import type { Logger } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import type { Db, Tx } from '@ikigai/db'
import type { AuthMetrics } from '../metrics.ts'
import { athleteTransaction } from './athlete-transaction.ts'
import type { GrantStore, StoredGrant } from './grant-store.ts'
import { afterRefresh, afterReportUnreadable, nextRecheck } from './rules.ts'
import type { RefreshAnswer, StravaGrants } from './strava-grants.ts'
import type { Tokens } from './tokens.ts'

export interface RefreshDeps {
  readonly store: GrantStore
  readonly strava: StravaGrants
  readonly db: Db
  /** Pool for transactions that wait for Strava. */
  readonly slowDb: Db
  /** Pool for marks that are committed during such a transaction. Nothing else may use it. */
  readonly markDb: Db
  readonly clock: { now(): number }
  readonly logger: Logger
  readonly metrics: Pick<AuthMetrics, 'refresh'>
  /** Retention after a report without proof: ms. */
  readonly gracePeriodMs: number
}

/** When to refresh, and what else to do. */
export interface RefreshRules {
  /** Evaluated under the athlete's lock: another replica may have refreshed already. */
  readonly needed: (grant: StoredGrant) => boolean
  /** Whether a reported deauthorization is the reason for the refresh. */
  readonly reported?: boolean
  /** Whether Strava has rejected this access token before. */
  readonly isRejected?: (accessToken: string) => boolean
  /**
   * Runs in the transaction of the refresh, after the refusal is stored.
   * @param at Strava's clock: epoch ms; undefined without a `Date` header, or if no key decrypts the tokens
   */
  readonly whenRefused?: (tx: Tx, grant: StoredGrant, at: number | undefined) => Promise<void>
}

/**
 * Result of a refresh. `unknown`: the athlete has no grant. `current`: no refresh was needed. `unavailable`: Strava was not reached or its answer is unknown, which proves nothing
 * about the grant. `unreadable`: no key decrypts the tokens.
 */
export type Refresh =
  | { readonly outcome: 'unknown' }
  | {
      readonly outcome: 'current' | 'refreshed' | 'refused' | 'unavailable' | 'unreadable'
      readonly grant: StoredGrant
    }

/**
 * Refreshes a grant, one refresh at a time over all replicas. Strava may rotate the refresh token, which makes the old one void
 * (Strava API docs, authentication). So a mark that the refresh has begun is committed before the call, the new tokens are stored
 * before they are used, and the request is not aborted once it is sent. `rules.ts` defines the consequences of each answer.
 */
export async function refreshGrant(
  deps: RefreshDeps,
  athleteId: StravaId,
  rules: RefreshRules,
): Promise<Refresh> {
  const { slowDb, markDb, store, strava, clock, logger, metrics } = deps
  let sent: { readonly before: Tokens; readonly answer: Promise<RefreshAnswer> } | undefined
  let grant: StoredGrant | undefined
  try {
    return await athleteTransaction(slowDb, athleteId, async (tx): Promise<Refresh> => {
      grant = await store.read(tx, athleteId)
      if (grant === undefined) return { outcome: 'unknown' }
      if (!rules.needed(grant)) return { outcome: 'current', grant }
      if (grant.tokens === undefined) return unreadable(deps, tx, athleteId, grant, rules)
      await store.markRefreshBegun(markDb, athleteId, clock.now())
      sent = { before: grant.tokens, answer: strava.refresh(grant.tokens.refreshToken) }
      const answer = await sent.answer
      metrics.refresh(answer.outcome)
      if (answer.outcome === 'refreshed') {
        await store.write(tx, athleteId, newTokens(answer.tokens, rules, clock.now()))
        return refreshed(grant, answer.tokens)
      }
      const { reported = false } = rules
      const at = answer.date ?? clock.now()
      const changed = { ...grant, ...afterRefresh(grant, answer.outcome, { at, reported }) }
      if (answer.outcome === 'refused') {
        const outcomeWasUnknown = grant.refreshBegunAt !== null
        logger.info(
          { reported, outcomeWasUnknown },
          'Strava refused to refresh a grant; the athlete has to connect again',
        )
        await store.change(tx, athleteId, changed, nextRecheck(changed, deps.gracePeriodMs, clock.now()))
        await rules.whenRefused?.(tx, changed, answer.date)
        return { outcome: 'refused', grant: changed }
      }
      const { reason, outcome } = answer
      logger.warn({ reason, outcome }, 'grant not refreshed')
      await store.change(tx, athleteId, changed)
      await store.countFailure(tx, athleteId)
      return { outcome: 'unavailable', grant: changed }
    })
  } catch (error) {
    // The connection to Postgres may have failed while the call is still in flight.
    const answer = await sent?.answer
    if (sent === undefined || grant === undefined || answer?.outcome !== 'refreshed') throw error
    logger.warn({ err: error }, 'new tokens not stored; retrying')
    await persistRotatedTokens(deps, athleteId, sent.before, newTokens(answer.tokens, rules, clock.now()))
    return refreshed(grant, answer.tokens)
  }
}

const newTokens = (tokens: Tokens, { isRejected }: RefreshRules, at: number) => ({
  tokens,
  at,
  confirmed: isRejected?.(tokens.accessToken) ?? false,
})

const refreshed = (before: StoredGrant, tokens: Tokens): Refresh => ({
  outcome: 'refreshed',
  grant: {
    ...before,
    tokens,
    expiresAt: tokens.expiresAt,
    state: 'active',
    failures: 0,
    refreshBegunAt: null,
    blockedAt: null,
    reportedAt: null,
  },
})

async function unreadable(
  { store, clock, logger, gracePeriodMs }: RefreshDeps,
  tx: Tx,
  athleteId: StravaId,
  grant: StoredGrant,
  rules: RefreshRules,
): Promise<Refresh> {
  const now = clock.now()
  if (grant.state === 'active')
    logger.error('TOKEN_ENCRYPTION_KEYS does not decrypt a grant; the athlete has to connect again')
  await store.markUnreadable(tx, athleteId, now)
  const change = rules.reported === true ? afterReportUnreadable(grant, now) : grant
  const changed = { ...grant, ...change, state: 'needs_reauthorization' as const }
  if (changed.blockedAt !== null) {
    await store.change(tx, athleteId, changed, nextRecheck(changed, gracePeriodMs, now))
    await rules.whenRefused?.(tx, changed, undefined)
  }
  return { outcome: 'unreadable', grant: changed }
}

/** More than one, because all connections of a pool may fail at the same time, each with an error of its own. */
const MAX_PERSIST_ATTEMPTS = 8

/** Stores tokens whose own transaction failed: without them the athlete would have to sign in again. */
async function persistRotatedTokens(
  deps: RefreshDeps,
  athleteId: StravaId,
  before: Tokens,
  after: Parameters<GrantStore['write']>[2],
): Promise<void> {
  const { db, store } = deps
  const write = () =>
    athleteTransaction(db, athleteId, async (tx) => {
      const stored = await store.read(tx, athleteId)
      if (stored?.tokens?.refreshToken !== before.refreshToken) return
      await store.write(tx, athleteId, after)
    })
  for (let attempt = 1; attempt < MAX_PERSIST_ATTEMPTS; attempt += 1) {
    const failed = await write().then(
      () => false,
      () => true,
    )
    if (!failed) return
  }
  await write()
}
