import { INTERNAL_API, RequestError, request } from '@ikigai/bus'
import { cacheSettings, type Environment, loadConfig, signUpSettings } from '@ikigai/chassis/config'
import { isValid } from '@ikigai/chassis/validation'
import { WaitReasonSchema } from '@ikigai/contracts'
import { activities, athletes, fetchQueue, imports, resyncs, wantedActivities } from '@ikigai/db'
import { readLedger } from '@ikigai/quota'
import {
  connectionOf,
  type ImportFacts,
  type ImportState,
  importStateOf,
  isUnconfirmed,
} from '@ikigai/status'
import { asc, count, eq, sql } from 'drizzle-orm'
import { type Command, CommandError, idOf, table, withBus, withDatabase } from '../command.ts'

const MAX_LISTED = 10_000

/** `athlete list` */
export const athleteList: Command = {
  usage: 'athlete list',
  does: 'lists all athletes: grant, import, stored activities; and the places taken at Strava',
  run: (_, env) =>
    withDatabase(env, async (db) => {
      const { stravaAthleteLimit: limit } = loadConfig(env, signUpSettings)
      const stored = db.$count(activities, eq(activities.athleteId, athletes.id))
      const rows = await db
        .select({
          id: athletes.id,
          name: sql<string>`concat_ws(' ', ${athletes.firstName}, ${athletes.lastName})`,
          athlete: athletes,
          progress: imports,
          resyncedAt: resyncs.completeAt,
          activities: stored,
        })
        .from(athletes)
        .leftJoin(imports, eq(imports.athleteId, athletes.id))
        .leftJoin(resyncs, eq(resyncs.athleteId, athletes.id))
        .orderBy(asc(athletes.connectedAt), asc(athletes.id))
        .limit(MAX_LISTED)
      const ledger = await readLedger(db)
      const value = rows.map(({ id, name, athlete, progress, resyncedAt, activities }) => {
        const connection = connectionOf(athlete)
        const facts = factsOf(env, progress ?? undefined, resyncedAt)
        const { state } = importStateOf(facts, connection, ledger, Date.now())
        return {
          ...{ id, name, grant: athlete.grantState, connection: connection.state },
          ...{ connected_at: athlete.connectedAt, import: state, activities },
        }
      })
      const lines = value.map((each) => [
        each.id,
        each.name,
        each.connection,
        each.connected_at.toISOString(),
        `import ${each.import}`,
        `${each.activities} activities`,
      ])
      const places = limit === undefined ? '' : `\n\n${rows.length} of ${limit} places at Strava are taken.`
      const text = rows.length === 0 ? 'No athlete has an account yet.' : `${table(lines)}${places}`
      return { value, text }
    }),
}

/** `athlete show` */
export const athleteShow: Command = {
  usage: 'athlete show <id>',
  does: 'shows an athlete: grant (without tokens), import, queued work, stored activities',
  run: ([text], env) =>
    withDatabase(env, async (db) => {
      const id = idOf(text, 'The id of an athlete')
      const [row] = await db.select().from(athletes).where(eq(athletes.id, id))
      if (row === undefined) throw new CommandError(`There is no athlete ${id}.`)
      const [progress] = await db.select().from(imports).where(eq(imports.athleteId, id))
      const [resync] = await db.select().from(resyncs).where(eq(resyncs.athleteId, id))
      const queued = await db.select().from(fetchQueue).where(eq(fetchQueue.athleteId, id))
      const wanted = await db
        .select()
        .from(wantedActivities)
        .where(eq(wantedActivities.athleteId, id))
        .limit(100)
      const [stored] = await db
        .select({ activities: count(), details: sql<number>`count(${activities.detailAt})`.mapWith(Number) })
        .from(activities)
        .where(eq(activities.athleteId, id))
      const connection = connectionOf(row)
      const ledger = await readLedger(db)
      const facts = factsOf(env, progress, resync?.completeAt ?? null)
      const state = importStateOf(facts, connection, ledger, Date.now())
      const value = {
        id,
        connection,
        state,
        grant: { state: row.grantState, scopes: row.scopes, connected_at: row.connectedAt },
        import: progress ?? null,
        stored: stored ?? { activities: 0, details: 0 },
        // Reply subjects are private.
        queued: queued.map(({ replyTo: _, ...row }) => row),
        wanted,
      }
      const lines = [
        ['athlete', id],
        [
          'connection',
          `${connection.state} (${row.scopes.join(', ')}) since ${row.connectedAt.toISOString()}`,
        ],
        ...(connection.erased_at === null
          ? []
          : [['erased at', `${connection.erased_at}, unless they connect again`]]),
        ['import', `${state.state}, ${progress?.pages ?? 0} pages`],
        ['waits for', waitText(state)],
        ['stored', `${value.stored.activities} activities, ${value.stored.details} with detail`],
        ...queued.map((row) => [`queued in ${row.lane}`, stateOf({ ...row, notBefore: row.delayedUntil })]),
        ...wanted.map((row) => [`${row.lane}: activity ${row.activityId}`, stateOf(row)]),
      ]
      return { value, text: table(lines) }
    }),
}

function factsOf(
  env: Environment,
  progress: typeof imports.$inferSelect | undefined,
  resyncedAt: Date | null,
): ImportFacts | undefined {
  if (progress === undefined) return undefined
  const { cacheMaxAge } = loadConfig(env, cacheSettings)
  return {
    ...progress,
    waitReason: isValid(WaitReasonSchema, progress.waitReason) ? progress.waitReason : undefined,
    isUnconfirmed: isUnconfirmed([progress.completedAt, resyncedAt], cacheMaxAge, Date.now()),
  }
}

const waitText = ({ waiting }: ImportState) =>
  waiting === null ? '' : `${waiting.reason}${waiting.until === null ? '' : ` until ${waiting.until}`}`

interface Owed {
  readonly notBefore: Date | null
  readonly deadAt: Date | null
  readonly attempts: number
  readonly failure: string | null
}

function stateOf({ notBefore, deadAt, attempts, failure }: Owed): string {
  const when =
    deadAt === null
      ? notBefore === null
        ? 'waits'
        : `not before ${notBefore.toISOString()}`
      : `given up ${deadAt.toISOString()}`
  return attempts === 0 ? when : `${when}, ${attempts} failures: ${failure ?? ''}`
}

/** `athlete erase` */
export const athleteErase: Command = {
  usage: 'athlete erase <id>',
  does: 'erases all data of an athlete and revokes the grant at Strava',
  run: ([text], env) =>
    withBus(env, async (bus) => {
      const id = idOf(text, 'The id of an athlete')
      try {
        const { revoked } = await request(bus, INTERNAL_API.athleteDisconnect, { athlete_id: id }, 30_000)
        const grant = revoked
          ? 'revoked'
          : 'not revoked yet, because Strava could not be reached; auth keeps trying'
        return { value: { athlete_id: id, revoked }, text: `Athlete ${id} is erased. The grant is ${grant}.` }
      } catch (error) {
        if (error instanceof RequestError) throw new CommandError(`Not erased: ${error.message}`)
        throw error
      }
    }),
}
