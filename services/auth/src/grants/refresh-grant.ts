import type { Logger } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import type { Db, Tx } from '@ikigai/db'
import type { AuthMetrics } from '../metrics.ts'
import { athleteTransaction } from './athlete-transaction.ts'
import type { GrantStore, StoredGrant } from './grant-store.ts'
import type { RefreshAnswer, StravaGrants } from './strava-grants.ts'
import type { Tokens } from './tokens.ts'

export interface RefreshDeps {
  readonly store: GrantStore
  readonly strava: StravaGrants
  readonly db: Db
  /** For the transactions that wait for Strava, so that they take no connection from the others. */
  readonly slowDb: Db
  readonly clock: { now(): number }
  readonly logger: Logger
  readonly metrics: Pick<AuthMetrics, 'refresh'>
}

/** When to refresh, and what follows if Strava does not know the grant any more. */
export interface RefreshRules {
  /** Asked once nobody else can change the grant: another replica may have been first. */
  readonly needed: (grant: StoredGrant) => boolean
  /** Runs in the transaction of the refresh. */
  readonly whenRefused: (tx: Tx, grant: StoredGrant) => Promise<void>
}

/** What came of it. `current`: it was not needed. `unavailable`: Strava could not be asked, which says nothing of the grant. */
export type Refresh =
  | { readonly outcome: 'unknown' | 'refused' }
  | { readonly outcome: 'current' | 'refreshed' | 'unavailable'; readonly grant: StoredGrant }

/**
 * Refreshes a grant, one refresh at a time over all replicas. Strava may give a new refresh token each time, and the old
 * one is dead then (Strava API docs, authentication): the new tokens are stored by the transaction that asked for them,
 * before anybody uses them, and the request is not given up once it is sent.
 */
export async function refreshGrant(
  deps: RefreshDeps,
  athleteId: StravaId,
  rules: RefreshRules,
): Promise<Refresh> {
  const { slowDb, store, strava, clock, logger, metrics } = deps
  let asked: { readonly before: StoredGrant; readonly answer: Promise<RefreshAnswer> } | undefined
  try {
    return await athleteTransaction(slowDb, athleteId, async (tx): Promise<Refresh> => {
      const grant = await store.read(tx, athleteId)
      if (grant === undefined) return { outcome: 'unknown' }
      if (!rules.needed(grant)) return { outcome: 'current', grant }
      asked = { before: grant, answer: strava.refresh(grant.tokens.refreshToken) }
      const answer = await asked.answer
      metrics.refresh(answer.outcome)
      if (answer.outcome === 'refused') {
        await rules.whenRefused(tx, grant)
        return { outcome: 'refused' }
      }
      if (answer.outcome === 'unavailable') {
        logger.warn({ reason: answer.reason }, 'a grant could not be refreshed')
        await store.countFailure(tx, athleteId)
        return { outcome: 'unavailable', grant }
      }
      await store.write(tx, athleteId, answer.tokens, clock.now())
      return refreshed(grant, answer.tokens)
    })
  } catch (error) {
    // The connection may have died while Strava was asked, and its answer is yet to come.
    const answer = await asked?.answer
    if (asked === undefined || answer?.outcome !== 'refreshed') throw error
    logger.warn({ err: error }, 'new tokens were not stored; trying again')
    await rescue(deps, athleteId, asked.before.tokens, answer.tokens)
    return refreshed(asked.before, answer.tokens)
  }
}

const refreshed = (before: StoredGrant, tokens: Tokens): Refresh => ({
  outcome: 'refreshed',
  grant: { ...before, tokens, failures: 0 },
})

/** The connections of a pool may all have died together, and each says so once. */
const RESCUES = 8

/** Stores tokens whose own transaction failed: without them the athlete would have to sign in again. */
async function rescue(deps: RefreshDeps, athleteId: StravaId, before: Tokens, after: Tokens): Promise<void> {
  const { db, store, clock } = deps
  const write = () =>
    athleteTransaction(db, athleteId, async (tx) => {
      const stored = await store.read(tx, athleteId)
      if (stored?.tokens.refreshToken !== before.refreshToken) return
      await store.write(tx, athleteId, after, clock.now())
      await store.markActive(tx, athleteId)
    })
  for (let attempt = 1; attempt < RESCUES; attempt += 1) {
    const failed = await write().then(
      () => false,
      () => true,
    )
    if (!failed) return
  }
  await write()
}
