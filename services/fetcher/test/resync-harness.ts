import { createLogger } from '@ikigai/chassis'
import { activities, athletes, type Db, imports, openDatabase, outbox, resyncs } from '@ikigai/db'
import { ImportEta } from '@ikigai/forecast'
import { openLedger } from '@ikigai/quota'
import { type AthleteOptions, type Simulator, startSimulator } from '@ikigai/simulator'
import { createStravaClient } from '@ikigai/strava'
import { captureLogs, type LogCapture, TestClock, type TestContext, testDatabase } from '@ikigai/testkit'
import { eq, like } from 'drizzle-orm'
import { scopesOf, withAthleteLock } from '../src/activities/athlete-lock.ts'
import { storeDocuments } from '../src/activities/store.ts'
import { createCalls } from '../src/calls/strava-calls.ts'
import { importPage } from '../src/imports/import-page.ts'
import { resyncPage } from '../src/resync/resync-page.ts'
import type { ResyncDeps } from '../src/resync/resync-row.ts'
import { scheduleResyncs } from '../src/resync/schedule.ts'
import { type Attempt, permitOf } from '../src/schedule/attempt.ts'

const DAY_MS = 86_400_000
const LIMIT = { fifteenMinutes: 100_000, day: 1_000_000 }

/** The jobs of the lane `resync` with PostgreSQL and the simulator as Strava. The test runs each job itself. */
export interface ResyncHarness {
  readonly strava: Simulator
  readonly db: Db
  readonly clock: TestClock
  readonly deps: ResyncDeps
  readonly logs: LogCapture
  /** Creates an athlete with an account and an imported history. `before` runs before the import. */
  imported(options: AthleteOptions, before?: (athleteId: string) => void): Promise<string>
  /** Starts a due run and runs all its jobs. `between` runs before each call. @returns the number of calls */
  relist(athleteId: string, between?: (call: number) => void): Promise<number>
  /** Advances the clock to the athlete's next due run, then as {@link relist}. */
  relistWhenDue(athleteId: string, between?: (call: number) => void): Promise<number>
  resync(athleteId: string): Promise<typeof resyncs.$inferSelect>
  /** Removes these activities from Strava's lists from now on; undefined: none. */
  omit(omitted: ((id: string) => boolean) | undefined): void
  /** Makes these activities unreadable in Strava's lists from now on; undefined: none. */
  garble(garbled: ((id: string) => boolean) | undefined): void
  /** Runs an athlete's import to its end. */
  runImport(athleteId: string): Promise<void>
  /** Stores documents as the answer to a call that was sent at `sentAt`. */
  store(athleteId: string, texts: readonly string[], sentAt: number): Promise<void>
  /** Sets whether our clock agrees with the others; initially it does. */
  trustClocks(agree: boolean): void
  /** Ids of the stored activities. */
  stored(athleteId: string): Promise<string[]>
  /** Ids of the activities at Strava that a grant with `activity:read_all` can see. */
  atStrava(athleteId: string): string[]
  /** Number of events in the outbox of this type (`activity.deleted`), or of one athlete (`activity.deleted.<id>`). */
  events(type: string): Promise<number>
}

export async function startResyncHarness(t: TestContext): Promise<ResyncHarness> {
  const clock = new TestClock(Date.parse('2030-03-05T10:01:00Z'))
  const [database, strava] = await Promise.all([
    testDatabase(t),
    startSimulator({ clock, limits: { read: LIMIT, overall: LIMIT } }),
  ])
  t.teardown(() => strava.close())
  const { db, close } = openDatabase({ url: database.url, name: 'test' })
  t.teardown(close)
  const logs = captureLogs()
  const logger = createLogger({ service: 'test', level: 'debug', destination: logs })
  const limits = { quarterHour: LIMIT.fifteenMinutes, day: LIMIT.day }
  let omitted: ((id: string) => boolean) | undefined
  let garbled: ((id: string) => boolean) | undefined
  const call = createCalls({
    client: createStravaClient({
      apiUrl: strava.apiUrl,
      oauthUrl: strava.oauthUrl,
      revokePath: 'revoke',
      clientId: '',
      clientSecret: '',
      now: () => clock.now(),
      fetch: async (input, init) => {
        const response = await fetch(input, init)
        if ((omitted ?? garbled) === undefined || !String(input).includes('/athlete/activities'))
          return response
        const { headers, status } = response
        return new Response(changed(await response.text(), { omitted, garbled }), {
          headers: plain(headers),
          status,
        })
      },
    }),
    ledger: openLedger(db, { read: limits, overall: limits }),
    tokens: {
      get: async (athleteId) => {
        const scopes = strava.admin.athlete(athleteId).scopes
        const token = strava.admin.authorizeAthlete(athleteId, scopes)
        const { accessToken: access_token, expiresAt } = token
        return { state: 'active', access_token, expires_at: expiresAt * 1_000, scopes: [...scopes] }
      },
      accepted: () => {},
      rejected: () => {},
      forget: () => {},
    },
    scopesOf: (athleteId) => scopesOf(db, athleteId),
    clock,
    logger,
  })
  const importEta = new ImportEta()
  const trust = { clocksAgree: true }
  const deps: ResyncDeps = {
    db,
    call,
    clock,
    logger,
    maxAgeMs: 7 * DAY_MS,
    clocks: { agree: () => trust.clocksAgree },
  }

  const resync = async (athleteId: string) => {
    const [row] = await db.select().from(resyncs).where(eq(resyncs.athleteId, athleteId))
    if (row === undefined) throw new Error('no listing yet')
    return row
  }
  const relist: ResyncHarness['relist'] = async (athleteId, between = () => {}) => {
    await scheduleResyncs(db, clock.now(), deps.maxAgeMs)
    let calls = 0
    while ((await resync(athleteId)).state !== 'idle') {
      between(calls)
      const result = await resyncPage(deps, attemptOf('resync', athleteId))
      if (result.kind === 'throttled') throw new Error('the limits of this harness are never reached')
      calls += 1
      if (calls > 1_000) throw new Error('the listing does not end')
    }
    return calls
  }

  const runImport = async (id: string) => {
    for (;;) {
      await importPage({ ...deps, importEta, notifyStored: () => {} }, attemptOf('backfill', id))
      const [row] = await db.select().from(imports).where(eq(imports.athleteId, id))
      if (row?.state === 'complete') return
    }
  }

  return {
    strava,
    db,
    clock,
    deps,
    logs,
    resync,
    relist,
    runImport,
    garble: (which) => {
      garbled = which
    },
    store: async (athleteId, texts, sentAt) => {
      const documents = texts.map((raw) => {
        const { id, athlete }: { id: number; athlete: { id: number } } = JSON.parse(raw)
        return { id: String(id), athleteId: String(athlete.id), raw }
      })
      await withAthleteLock(db, athleteId, (tx) =>
        storeDocuments(tx, { athleteId, documents, kind: 'summary', sentAt }, new Date(clock.now())),
      )
    },
    trustClocks: (agree) => {
      trust.clocksAgree = agree
    },
    omit: (which) => {
      omitted = which
    },
    imported: async (options, before = () => {}) => {
      const { id } = strava.admin.createAthlete(options)
      const { scopes } = strava.admin.authorizeAthlete(id)
      before(id)
      const now = new Date(clock.now())
      await db.insert(athletes).values({ id, scopes, connectedAt: now })
      await db.insert(imports).values({ athleteId: id, state: 'queued', startedAt: now, updatedAt: now })
      await runImport(id)
      await db.delete(outbox)
      // So that later calls are newer than those of the import.
      await clock.advance(1_000)
      await scheduleResyncs(db, clock.now(), deps.maxAgeMs)
      return id
    },
    relistWhenDue: async (athleteId, between) => {
      await clock.advanceTo((await resync(athleteId)).dueAt.getTime())
      return relist(athleteId, between)
    },
    stored: async (athleteId) => {
      const rows = await db
        .select({ id: activities.id })
        .from(activities)
        .where(eq(activities.athleteId, athleteId))
      return rows.map(({ id }) => id).sort()
    },
    atStrava: (athleteId) =>
      strava.admin
        .activities(athleteId)
        .map(({ id }) => id)
        .sort(),
    events: async (type) => {
      const rows = await db
        .select({ id: outbox.id })
        .from(outbox)
        .where(like(outbox.subject, `ikigai.v1.event.${type}${type.split('.').length > 2 ? '' : '.%'}`))
      return rows.length
    },
  }
}

/** An attempt without a permit, under a lease that does not exist. */
export const attemptOf = (
  lane: Attempt['lane'],
  athleteId: string,
  about: Partial<Pick<Attempt, 'scopes' | 'wanted'>> = {},
): Attempt => ({
  lane,
  athleteId,
  scopes: [],
  leaseName: 'none',
  requestSeq: 1,
  wanted: undefined,
  failures: 0,
  replyTo: [],
  trace: {},
  permit: permitOf(undefined),
  ...about,
})

type Which = ((id: string) => boolean) | undefined

function changed(text: string, { omitted, garbled }: { omitted: Which; garbled: Which }): string {
  const page: unknown = JSON.parse(text)
  if (!Array.isArray(page)) return text
  const shown = page.filter(({ id }: { id: number }) => omitted?.(String(id)) !== true)
  return JSON.stringify(
    shown.map((each: { id: number }) => (garbled?.(String(each.id)) === true ? { id: each.id } : each)),
  )
}

/** The headers without those that describe the body's encoding and length, which has changed. */
function plain(headers: Headers): Headers {
  const kept = new Headers(headers)
  for (const name of ['content-length', 'content-encoding', 'transfer-encoding']) kept.delete(name)
  return kept
}
