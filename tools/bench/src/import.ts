import { openBareImport, openPlain } from './bare-import.ts'
import type { Benchmark } from './benchmark.ts'
import { compare } from './compare.ts'
import { type Stack, startStack, startStrava } from './stack.ts'

/** Strava's largest page, and the rows of a statement. */
const PAGE = 200
const SAME_WRITES = 'a bare program with the same writes'

type Plain = ReturnType<typeof openPlain>

/** Throughput of an import without limits. */
export const importHistory: Benchmark = {
  name: 'import',
  what: 'activities per second of one history, limits lifted, each published to other teams as well',
  async run(context) {
    const count = context.quick ? 1_000 : 4_000
    const strava = await startStrava(context)
    const stack = await startStack(context, strava)
    const { databaseUrl } = stack.stores
    const sql = openPlain(context, databaseUrl)
    const bare = await openBareImport(context, { databaseUrl, pageSize: PAGE })
    const completed = await watchCompleted(sql)
    let listCalls = 0
    let lastAthlete = ''
    let authorization = ''
    let whole = 0

    /** Activities per second, without Strava's time. */
    const importOne = async () => {
      const athleteId = await strava.createAthlete(count)
      await strava.forgetCalls()
      const end = completed(athleteId)
      const startedAt = performance.now()
      const signedIn = await stack.signIn(athleteId)
      await end
      // It ends with the last message sent, like the baseline.
      await untilSent(sql)
      const ms = performance.now() - startedAt
      const lists = (await strava.calls()).filter(({ kind }) => kind === 'list')
      const stravaMs = lists.reduce((sum, { durationMs }) => sum + durationMs, 0)
      listCalls = lists.length
      lastAthlete = athleteId
      authorization = signedIn.authorization
      whole = (count / ms) * 1_000
      return (count / (ms - stravaMs)) * 1_000
    }
    const figures = await compare({
      what: "stored and published, Strava's own time taken out",
      unit: '/s',
      rounds: context.quick ? 1 : 3,
      context,
      ours: importOne,
      baselines: {
        [SAME_WRITES]: () => bare.sameWrites(lastAthlete),
        'plain upserts, 200 rows each': () => bare.upsert(lastAthlete),
      },
      targets: { [SAME_WRITES]: { of: 'ratio', atLeast: 0.6 } },
    })
    const readCalls = await callsWhileReading(strava, stack, authorization)
    return [
      ...figures,
      { what: 'stored and published, the last one with Strava', unit: '/s', ours: whole },
      {
        what: `list calls for ${count} activities`,
        unit: '',
        ours: listCalls,
        // A second is asked for again, and the end is shown by a page with nothing older.
        target: { of: 'ours', atMost: Math.floor(count / PAGE) + 2 },
      },
      { what: 'calls of Strava for 50 reads', unit: '', ours: readCalls, target: { of: 'ours', atMost: 0 } },
    ]
  },
}

async function untilSent(sql: Plain): Promise<void> {
  for (let owed = true; owed; ) {
    const [row] = await sql`select exists (select from outbox) as owed`
    owed = row?.['owed'] === true
    if (owed) await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** PostgreSQL notifies when an import is complete. */
async function watchCompleted(sql: Plain): Promise<(athleteId: string) => Promise<number>> {
  await sql`
    create function tell_complete() returns trigger language plpgsql as
    $$ begin perform pg_notify('complete', new.athlete_id::text); return null; end $$`
  await sql`
    create trigger tell_complete after update on imports
    for each row when (new.state = 'complete') execute function tell_complete()`
  const waiting = new Map<string, (at: number) => void>()
  await sql.listen('complete', (id) => waiting.get(id)?.(performance.now()))
  return (athleteId) => new Promise((resolve) => waiting.set(athleteId, resolve))
}

async function callsWhileReading(
  strava: Awaited<ReturnType<typeof startStrava>>,
  stack: Stack,
  authorization: string,
): Promise<number> {
  await untilQuiet(strava)
  await strava.forgetCalls()
  for (let read = 0; read < 50; read += 1) {
    const answer = await fetch(`${stack.publicUrl}/v1/activities/random`, { headers: { authorization } })
    if (!answer.ok) throw new Error(`the gateway answers ${answer.status}`)
    await answer.arrayBuffer()
  }
  return (await strava.calls()).length
}

/** The details of the five newest may still be in flight. */
export async function untilQuiet(strava: { calls(): Promise<readonly unknown[]> }): Promise<void> {
  for (let before = -1, now = 0; before !== now; ) {
    before = now
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    now = (await strava.calls()).length
  }
}
