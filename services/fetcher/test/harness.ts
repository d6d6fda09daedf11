import {
  type Bus,
  connectBus,
  endpoint,
  INTERNAL,
  INTERNAL_API,
  type InternalReply,
  type InternalRequest,
  RequestError,
  startService,
} from '@ikigai/bus'
import { createLogger } from '@ikigai/chassis'
import { loadConfig } from '@ikigai/chassis/config'
import { athletes, type Db, fetchQueue, imports, openDatabase, wantedActivities } from '@ikigai/db'
import { readLedger } from '@ikigai/quota'
import { type AthleteOptions, type Simulator, startSimulator } from '@ikigai/simulator'
import {
  captureLogs,
  eventually,
  type LogCapture,
  TestClock,
  type TestContext,
  testDatabase,
  testNats,
} from '@ikigai/testkit'
import { and, eq } from 'drizzle-orm'
import { type Fetcher, fetcherSettings, startFetcher } from '../src/app.ts'
import { schedule, type Work } from '../src/schedule/schedule.ts'

/** A fetcher with PostgreSQL, NATS, the simulator as Strava and a fake of auth. Time moves only when the test advances it. */
export interface Harness {
  readonly strava: Simulator
  readonly db: Db
  readonly bus: Bus
  readonly clock: TestClock
  readonly logs: LogCapture
  readonly fetcher: Fetcher
  /** An athlete with an account, a grant at Strava, and an import that is complete or, by default, has not begun. */
  athlete(options?: AthleteOptions & { imported?: boolean }): Promise<string>
  queue(work: Work): Promise<void>
  /** An athlete's place in a lane. */
  place(lane: Work['lane'], athleteId: string): Promise<typeof fetchQueue.$inferSelect | undefined>
  /** An activity that an event has named. */
  wanted(athleteId: string, activityId: string): Promise<typeof wantedActivities.$inferSelect | undefined>
  /**
   * How auth answers requests for an athlete's token from now on; an athlete without an entry gets a valid one. `same`: always
   * the token that Strava has, even if it was rejected. `unanswered`: it does not answer.
   */
  grants: Map<string, 'needs_reauthorization' | 'unavailable' | 'unanswered' | 'same'>
  /** How auth answers requests to verify a report from now on, and the requests so far. */
  verifications: Verifications
  /** Advances the clock until the condition holds. */
  passing<T>(condition: () => Promise<T> | T, stepMs?: number): Promise<T>
}

/** The fake of auth's verification of reports. */
export interface Verifications {
  begin: (athleteId: string) => Promise<InternalReply<'grantVerify'>>
  readonly begun: string[]
  readonly proofs: InternalRequest<'grantProof'>[]
}

/** The clock is held for a call in flight for this number of checks at most. */
const MAX_HELD_LOOKS = 200

const LOOSE = { fifteenMinutes: 10_000, day: 100_000 }

/** @param wayTo returns the URL by which the fetcher connects to the database at `url`; `url` itself by default */
export async function startHarness(
  t: TestContext,
  env: Record<string, string> = {},
  wayTo: (url: string) => Promise<string> = async (url) => url,
): Promise<Harness> {
  const clock = new TestClock(Date.parse('2030-03-05T10:01:00Z'))
  const [database, nats, strava] = await Promise.all([
    testDatabase(t),
    testNats(t),
    startSimulator({ clock, limits: { read: LOOSE, overall: LOOSE } }),
  ])
  t.teardown(() => strava.close())
  const logs = captureLogs()
  const logger = createLogger({ service: 'fetcher', level: 'debug', destination: logs })
  const bus = await connectBus({ servers: [nats.url], name: 'test', logger })
  t.teardown(() => bus.close())
  const { db, close } = openDatabase({ url: database.url, name: 'test' })
  t.teardown(close)

  const grants: Harness['grants'] = new Map()
  const verifications: Verifications = {
    begin: () => Promise.resolve({ state: 'active' }),
    begun: [],
    proofs: [],
  }
  await standInForAuth(bus, strava, grants, verifications)
  const config = loadConfig(
    {
      ADMIN_PORT: '0',
      DATABASE_URL: await wayTo(database.url),
      NATS_URL: nats.url,
      STRAVA_API_URL: strava.apiUrl,
      STRAVA_READ_LIMIT: `${LOOSE.fifteenMinutes},${LOOSE.day}`,
      STRAVA_OVERALL_LIMIT: `${LOOSE.fifteenMinutes},${LOOSE.day}`,
      ENRICH: 'false',
      ...env,
    },
    fetcherSettings,
  )
  const fetcher = await startFetcher(config, { logger, clock })
  t.teardown(() => fetcher.stop())

  return {
    strava,
    db,
    bus,
    clock,
    logs,
    fetcher,
    grants,
    verifications,
    athlete: async ({ imported = false, ...options } = {}) => {
      const { id } = strava.admin.createAthlete(options)
      const { scopes } = strava.admin.authorizeAthlete(id)
      const now = new Date(clock.now())
      await db.insert(athletes).values({ id, scopes, connectedAt: now })
      const state = imported ? ('complete' as const) : ('queued' as const)
      await db.insert(imports).values({ athleteId: id, state, startedAt: now, updatedAt: now })
      return id
    },
    queue: async (work) => {
      await db.transaction((tx) => schedule(tx, [work], new Date(clock.now())))
      bus.nc.publish(INTERNAL.fetchWake, JSON.stringify({ lane: work.lane }))
    },
    place: async (lane, athleteId) => {
      const [row] = await db
        .select()
        .from(fetchQueue)
        .where(and(eq(fetchQueue.lane, lane), eq(fetchQueue.athleteId, athleteId)))
      return row
    },
    wanted: async (athleteId, activityId) => {
      const { lane, athleteId: owner, activityId: id } = wantedActivities
      const [row] = await db
        .select()
        .from(wantedActivities)
        .where(and(eq(lane, 'webhook'), eq(owner, athleteId), eq(id, activityId)))
      return row
    },
    passing: async (condition, stepMs = 1_000) => {
      let heldLooks = 0
      const look = async () => {
        const met = await condition()
        if (met) return { met }
        // While a call is in flight time stands still: on a slow machine it would outlive its lease, and not count.
        const isCalling = ((await readLedger(db))?.leases.length ?? 0) > 0
        heldLooks = isCalling ? heldLooks + 1 : 0
        if (heldLooks % MAX_HELD_LOOKS === 0) await clock.jump(stepMs)
        return undefined
      }
      const what = `in time: ${String(condition)}`
      return (await eventually(look, { timeoutMs: 100_000, intervalMs: 10, what })).met
    },
  }
}

async function standInForAuth(
  bus: Bus,
  strava: Simulator,
  grants: Harness['grants'],
  verifications: Verifications,
): Promise<void> {
  const token = endpoint('token', INTERNAL_API.grantToken, async ({ athlete_id, rejected_token_sha256 }) => {
    const state = grants.get(athlete_id)
    if (state === 'unanswered') throw new RequestError({ code: 'unavailable', message: 'down' })
    if (state !== undefined && state !== 'same') return { state }
    const { scopes } = strava.admin.athlete(athlete_id)
    const isGood = rejected_token_sha256 === undefined || state === 'same'
    const known = isGood ? strava.admin.tokens(athlete_id) : undefined
    const { accessToken, expiresAt } = known ?? strava.admin.authorizeAthlete(athlete_id, [...scopes])
    return {
      state: 'active' as const,
      access_token: accessToken,
      expires_at: expiresAt * 1_000,
      scopes: [...scopes],
    }
  })
  const verify = endpoint('verify', INTERNAL_API.grantVerify, ({ athlete_id }) => {
    verifications.begun.push(athlete_id)
    return verifications.begin(athlete_id)
  })
  const prove = endpoint('prove', INTERNAL_API.grantProof, async (proof) => {
    verifications.proofs.push(proof)
    return { state: proof.answer === 'rejected' ? ('erased' as const) : ('blocked' as const) }
  })
  await startService(bus, { name: 'auth', version: '0.1.0', description: 'a stand-in' }, [
    token,
    verify,
    prove,
  ])
}
