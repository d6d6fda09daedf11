import { createHash } from 'node:crypto'
import type { InternalReply, InternalRequest } from '@ikigai/bus'
import type { StravaId } from '@ikigai/contracts'
import { athleteTransaction } from '../grants/athlete-transaction.ts'
import { refreshGrant } from '../grants/refresh-grant.ts'
import { afterProof, isProvable, nextRecheck, provesEnd } from '../grants/rules.ts'
import { completeErasure, type DisconnectDeps } from './disconnect.ts'
import { type Erasure, eraseAthlete } from './erase-athlete.ts'

/**
 * Begins to verify a reported deauthorization. Tokens from Strava contradict it. A refusal is no proof, because the
 * refresh token may have been replaced without our knowledge: the grant is blocked, and the access token is handed out, if
 * it should still live, for a call that tells ({@link takeProof}).
 */
export async function verifyGrant(
  { refreshDeps, clock }: DisconnectDeps,
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

/** Takes what Strava answered to the access token of a grant whose end was reported, and erases the athlete if that proves it. */
export async function takeProof(
  deps: DisconnectDeps,
  { athlete_id: athleteId, token_sha256, answer, answered_at: at }: InternalRequest<'grantProof'>,
): Promise<InternalReply<'grantProof'>> {
  const { db, store, seal, clock, refreshDeps, metrics } = deps
  let erasure: Erasure | undefined
  const state = await athleteTransaction(db, athleteId, async (tx) => {
    const grant = await store.read(tx, athleteId)
    if (grant === undefined) return 'unknown'
    if (grant.blockedAt === null) return 'active'
    // The athlete may have connected again, and the grant been blocked again, since this token was handed out.
    if (grant.tokens === undefined || sha256(grant.tokens.accessToken) !== token_sha256) return 'blocked'
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

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
