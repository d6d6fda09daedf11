import type { StravaId } from '@ikigai/contracts'
import { athletes, type Db, sendWithCommit, sessionRevocations, type Tx } from '@ikigai/db'
import { enqueue, eventMessage } from '@ikigai/outbox'
import { spendBudget } from '@ikigai/quota'
import { readingRights } from '@ikigai/strava'
import { and, eq, isNull, max, or } from 'drizzle-orm'
import { type Erasure, recordPendingErasure } from '../erasure/erase-athlete.ts'
import type { Erasures } from '../erasure/erasures.ts'
import type { PendingErasureSeal } from '../erasure/pending-erasure.ts'
import { athleteTransactionAndRead } from '../grants/athlete-transaction.ts'
import type { GrantStore, StoredGrant } from '../grants/grant-store.ts'
import type { StravaGrants } from '../grants/strava-grants.ts'
import type { Tokens } from '../grants/tokens.ts'
import type { SignUp, SignUpObstacle } from '../sign-up/sign-up.ts'
import type { AthleteProfile } from './code-exchange.ts'
import { newestTokens } from './newest-tokens.ts'
import { SIGNUP_BUDGET } from './signup-budget.ts'

/** Result of a code exchange, with the granted scopes. */
export interface Connection {
  readonly athlete: AthleteProfile
  readonly tokens: Tokens
  readonly scopes: readonly string[]
  /** When the exchange of the code began: epoch ms. */
  readonly exchangedAt: number
  /** Token of the invitation with which the sign-in began. */
  readonly invitation?: string | undefined
}

export interface ConnectDeps {
  readonly db: Db
  readonly store: GrantStore
  readonly strava: Pick<StravaGrants, 'refresh'>
  readonly clock: { now(): number }
  /** Key of the athlete's budget of `signup` calls. */
  readonly budgetKey: (athleteId: StravaId) => string
  readonly signUp: Pick<SignUp, 'admit'>
  readonly seal: PendingErasureSeal
  /** Revokes a grant for which no account was created. */
  readonly erasures: Pick<Erasures, 'complete'>
}

export interface ConnectResult {
  /** Whether this is a new connection, whose history is to be imported. */
  readonly importing: boolean
  /** Whether the first page is fetched in the `signup` lane: the athlete's budget of such calls is not used up. */
  readonly isUrgent: boolean
  /** When the new session begins, epoch ms: after every revocation, whichever replica's clock set its time. */
  readonly sessionStart: number
}

/**
 * Connects an athlete in one transaction: stores the profile and the sealed grant and, unless an active grant with the same
 * reading rights exists, begins a new connection with its event `athlete.connected`. The fetcher imports the history of
 * a new connection; beyond the athlete's budget of `signup` calls its first page goes to the `backfill` lane.
 *
 * An athlete who has no account and may not create one is refused, and the grant is revoked at Strava, where it would count
 * towards the application's limit of athletes.
 */
export async function connectAthlete(
  deps: ConnectDeps,
  connection: Connection,
): Promise<ConnectResult | { readonly refusal: SignUpObstacle }> {
  const { db, store, strava, clock, budgetKey, signUp, seal, erasures } = deps
  const { athlete, scopes, tokens: issued, invitation } = connection
  let refused: Erasure | undefined
  const connect = async (tx: Tx, stored: StoredGrant | undefined) => {
    const now = new Date(clock.now())
    if (stored === undefined) {
      const refusal = await signUp.admit(tx, athlete.id, invitation)
      if (refusal !== undefined) {
        refused = await recordPendingErasure(tx, { seal, now }, { athleteId: athlete.id, tokens: issued })
        return { refusal }
      }
    }
    const tokens = await newestTokens(strava, connection, stored)
    const connects =
      stored === undefined ||
      stored.state !== 'active' ||
      readingRights(stored.scopes) !== readingRights(scopes)
    // Pipelined, in this order: the grant refers to the athlete's row.
    const writing = [
      writeAthlete(tx, connection, connects, now),
      store.write(tx, athlete.id, { tokens, at: now.getTime() }),
    ]
    if (!connects) {
      await sendWithCommit(tx, () => Promise.all(writing))
      return { importing: false, isUrgent: false, sessionStart: now.getTime() }
    }
    const data = { athlete_id: athlete.id, scopes: [...scopes], at: now.toISOString() }
    const [isUrgent, sessionStart] = await sendWithCommit(tx, () =>
      Promise.all([
        spendBudget(tx, budgetKey(athlete.id), SIGNUP_BUDGET, now.getTime()),
        afterRevocations(tx, athlete.id, now.getTime()),
        enqueue(tx, [eventMessage('athlete.connected', athlete.id, data, now)]),
        ...writing,
      ]),
    )
    return { importing: true, isUrgent, sessionStart }
  }
  const result = await athleteTransactionAndRead(db, athlete.id, connect, (tx) => store.read(tx, athlete.id))
  // Not awaited: Strava may be slow, and the athlete waits for the answer. A failure is retried.
  if (refused !== undefined) void erasures.complete(refused)
  return result
}

async function writeAthlete(
  tx: Tx,
  { athlete, scopes }: Connection,
  connects: boolean,
  now: Date,
): Promise<void> {
  const { id, ...names } = athlete
  const accepted = { grantState: 'active' as const, erasureDueAt: null, endReportedAt: null }
  const values = { ...names, scopes: [...scopes], ...accepted }
  await tx
    .insert(athletes)
    .values({ id, ...values, connectedAt: now })
    .onConflictDoUpdate({ target: athletes.id, set: connects ? { ...values, connectedAt: now } : values })
    .execute()
}

/** The time of a new session: after every revocation that covers the athlete, so that none ends it. Epoch ms. */
async function afterRevocations(tx: Tx, athleteId: string, now: number): Promise<number> {
  const [latest] = await tx
    .select({ at: max(sessionRevocations.revokedAt) })
    .from(sessionRevocations)
    .where(
      or(
        eq(sessionRevocations.athleteId, athleteId),
        // A row without both ends all sessions, after a restore.
        and(isNull(sessionRevocations.athleteId), isNull(sessionRevocations.sessionId)),
      ),
    )
  return Math.max(now, (latest?.at?.getTime() ?? 0) + 1)
}
