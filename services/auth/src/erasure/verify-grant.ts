import type { InternalReply, InternalRequest } from '@ikigai/bus'
import type { StravaId } from '@ikigai/contracts'
import { athleteTransaction } from '../grants/athlete-transaction.ts'
import { refreshGrant } from '../grants/refresh-grant.ts'
import { afterProof, isProvable, nextRecheck, provesEnd } from '../grants/rules.ts'
import { tokenDigest } from '../grants/tokens.ts'
import { type AccountDeps, completeErasure } from './disconnect.ts'
import { type Erasure, eraseAthlete } from './erase-athlete.ts'

/**
 * First step of verifying a reported deauthorization: refreshes the grant. New tokens contradict the report. A refusal is no
 * proof, because the refresh token may have been replaced without our knowledge: the grant is blocked, and if its access token
 * should still be valid, that is returned. The caller tests it at Strava, and reports the answer ({@link applyProof}).
 */
export async function verifyGrant(
  { refreshDeps, clock }: AccountDeps,
  athleteId: StravaId,
): Promise<InternalReply<'grantVerify'>> {
  const result = await refreshGrant(refreshDeps, athleteId, { needed: () => true, reported: true })
  switch (result.outcome) {
    case 'unknown':
    case 'unavailable':
      return { state: result.outcome }
    case 'current':
    case 'refreshed':
      return { state: 'active' }
    case 'unreadable':
      return { state: 'blocked' }
    case 'refused': {
      const { tokens } = result.grant
      return tokens !== undefined && isProvable(result.grant, clock.now())
        ? { state: 'provable', access_token: tokens.accessToken }
        : { state: 'blocked' }
    }
  }
}

/** Second step: applies Strava's answer to the access token, and erases the athlete if it proves the end of the grant. */
export async function applyProof(
  deps: AccountDeps,
  { athlete_id: athleteId, token_sha256, answer, answered_at: at }: InternalRequest<'grantProof'>,
): Promise<InternalReply<'grantProof'>> {
  const { db, store, seal, clock, refreshDeps, metrics } = deps
  let erasure: Erasure | undefined
  const state = await athleteTransaction(db, athleteId, async (tx) => {
    const grant = await store.read(tx, athleteId)
    if (grant === undefined) return 'unknown'
    if (grant.blockedAt === null) return 'active'
    // The athlete may have connected again, and the grant been blocked again, since this token was returned.
    if (grant.tokens === undefined || tokenDigest(grant.tokens.accessToken) !== token_sha256) return 'blocked'
    if (provesEnd(grant, { answer, at })) {
      erasure = await eraseAthlete(tx, { seal, now: new Date(clock.now()) }, athleteId, null)
      return 'erased'
    }
    const change = afterProof(grant, { answer, at })
    const recheckAt = nextRecheck({ ...grant, ...change }, refreshDeps.gracePeriodMs, clock.now())
    await store.change(tx, athleteId, change, recheckAt)
    return 'blocked'
  })
  if (erasure !== undefined) {
    metrics.erased('proved')
    await completeErasure(deps, erasure, 'Strava has ended the grant')
  }
  return { state }
}
