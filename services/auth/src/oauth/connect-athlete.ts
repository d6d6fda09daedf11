import type { StravaId } from '@ikigai/contracts'
import { athletes, type Db, imports, sessionRevocations, type Tx } from '@ikigai/db'
import { enqueue, eventMessage, queueJob } from '@ikigai/outbox'
import { spendBudget } from '@ikigai/quota'
import { readingRights } from '@ikigai/strava'
import { eq, max } from 'drizzle-orm'
import { athleteTransaction } from '../grants/athlete-transaction.ts'
import type { GrantStore } from '../grants/grant-store.ts'
import type { StravaGrants } from '../grants/strava-grants.ts'
import type { Tokens } from '../grants/tokens.ts'
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
}

export interface ConnectDeps {
  readonly db: Db
  readonly store: GrantStore
  readonly strava: Pick<StravaGrants, 'refresh'>
  readonly clock: { now(): number }
  /** Key of the athlete's budget of `signup` calls. */
  readonly budgetKey: (athleteId: StravaId) => string
}

export interface ConnectResult {
  /** Whether a new import has begun. */
  readonly importing: boolean
  /** Whether the first page is fetched in the `signup` lane: the athlete's budget of such calls is not used up. */
  readonly isUrgent: boolean
  /** When the new session begins, epoch ms: after every revocation, whichever replica's clock set its time. */
  readonly sessionStart: number
}

/**
 * Connects an athlete in one transaction: stores the profile and the sealed grant and, unless an active grant with the same
 * rights exists, starts an import, publishes `athlete.connected` and queues the first page, which reports to `inbox`.
 * Beyond the athlete's budget of `signup` calls the first page is queued in the `backfill` lane.
 */
export async function connectAthlete(
  deps: ConnectDeps,
  connection: Connection,
  inbox: string,
): Promise<ConnectResult> {
  const { db, store, strava, clock, budgetKey } = deps
  const { athlete, scopes } = connection
  return athleteTransaction(db, athlete.id, async (tx) => {
    const now = new Date(clock.now())
    const stored = await store.read(tx, athlete.id)
    const tokens = await newestTokens(strava, connection, stored)
    const connects =
      stored === undefined ||
      stored.state !== 'active' ||
      readingRights(stored.scopes) !== readingRights(scopes)
    await writeAthlete(tx, connection, connects, now)
    await store.write(tx, athlete.id, { tokens, at: now.getTime() })
    if (!connects) return { importing: false, isUrgent: false, sessionStart: now.getTime() }
    await startImport(tx, athlete.id, now)
    await enqueue(tx, [
      eventMessage(
        'athlete.connected',
        athlete.id,
        { athlete_id: athlete.id, scopes: [...scopes], at: now.toISOString() },
        now,
      ),
    ])
    const isUrgent = await spendBudget(tx, budgetKey(athlete.id), SIGNUP_BUDGET, now.getTime())
    const athleteId = athlete.id
    await queueJob(
      tx,
      isUrgent ? { lane: 'signup', athleteId, notify: inbox } : { lane: 'backfill', athleteId },
      now,
    )
    return { importing: true, isUrgent, sessionStart: await afterRevocations(tx, athlete.id, now.getTime()) }
  })
}

async function writeAthlete(
  tx: Tx,
  { athlete, scopes }: Connection,
  connects: boolean,
  now: Date,
): Promise<void> {
  const { id, ...names } = athlete
  const values = { ...names, scopes: [...scopes], grantState: 'active' as const }
  await tx
    .insert(athletes)
    .values({ id, ...values, connectedAt: now })
    .onConflictDoUpdate({ target: athletes.id, set: connects ? { ...values, connectedAt: now } : values })
}

async function afterRevocations(tx: Tx, athleteId: string, now: number): Promise<number> {
  const [latest] = await tx
    .select({ at: max(sessionRevocations.revokedAt) })
    .from(sessionRevocations)
    .where(eq(sessionRevocations.athleteId, athleteId))
  return Math.max(now, (latest?.at?.getTime() ?? 0) + 1)
}

async function startImport(tx: Tx, athleteId: string, now: Date): Promise<void> {
  const [earlier] = await tx
    .select({ generation: imports.generation })
    .from(imports)
    .where(eq(imports.athleteId, athleteId))
    .for('update')
  const fresh = {
    state: 'queued' as const,
    generation: (earlier?.generation ?? 0) + 1,
    pages: 0,
    cursorBefore: null,
    cursorPage: 1,
    waitReason: null,
    waitUntil: null,
    startedAt: now,
    updatedAt: now,
    completedAt: null,
  }
  await tx
    .insert(imports)
    .values({ athleteId, ...fresh })
    .onConflictDoUpdate({ target: imports.athleteId, set: fresh })
}
