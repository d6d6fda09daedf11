import { connectBus, provision, publish } from '@ikigai/bus'
import { createClient, dataOf, type LiveMessage, ProblemError, type RandomActivity } from '@ikigai/client'
import type { ActivityFilter } from '@ikigai/contracts'
import { eventMessage } from '@ikigai/outbox'
import t from 'tap'
import { startHarness } from './harness.ts'
import { addActivities, addAthlete, addImport, idsOf, NOW, series } from './seed.ts'

const [ME, NEWCOMER] = ['42', '43']
const harness = await startHarness(t)
const bus = await connectBus({ servers: [harness.natsUrl], name: 'test-fetcher', logger: harness.logger })
t.teardown(() => bus.close())
await provision(bus)
const gateway = await harness.gateway()
const { http: baseUrl } = gateway.urls
for (const id of [ME, NEWCOMER]) {
  await addAthlete(harness.db, id)
  await addImport(harness.db, id)
}
const rows = series(7)
await addActivities(harness.db, ME, rows)

const clientOf = async (athleteId: string, fetch?: typeof globalThis.fetch) => {
  const { token } = await harness.signIn(athleteId)
  return createClient({ baseUrl, token, ...(fetch === undefined ? {} : { fetch }) })
}
const client = await clientOf(ME)

t.test('client: lists page by page', async (t) => {
  const ids: string[] = []
  let cursor: string | null | undefined
  do {
    const query = { limit: 3, sort: 'start_time', ...(typeof cursor === 'string' ? { cursor } : {}) } as const
    const page = await dataOf(client.listActivities({ query }))
    ids.push(...idsOf(page.data))
    cursor = page.next_cursor
  } while (cursor !== null)
  t.strictSame(ids, idsOf(rows).reverse())
})

t.test('client: iterates over all activities, each once', async (t) => {
  const ids: string[] = []
  let cursor: string | null | undefined = ''
  while (typeof cursor === 'string') {
    const query: ActivityFilter & { cursor: string } = { cursor, sport_type: 'Run' }
    const step: RandomActivity = await dataOf(client.randomActivity({ query }))
    ids.push(step.id)
    cursor = step.next_cursor
  }
  t.equal(ids.length, rows.length)
  t.strictSame(new Set(ids), new Set(idsOf(rows)))
})

t.test('client: gets one activity', async (t) => {
  const { data } = await client.getActivity({ path: { id: '3' } })
  t.match(data, { id: '3', athlete_id: ME, distance_meters: 10_000, detail: null })
})

t.test('client: narrows a problem by its type', async (t) => {
  const { data, error } = await (await clientOf(NEWCOMER)).randomActivity()
  t.equal(data, undefined)
  t.equal(error?.type, '/problems/no-activity-yet')
  // The type narrows the problem, so the compiler knows its other members.
  if (error?.type === '/problems/no-activity-yet') t.equal(error.import.state, 'running')
})

t.test('client: can throw problems, such as a missing session', async (t) => {
  const asking = dataOf(createClient({ baseUrl }).getMe())
  const error = await asking.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  t.ok(error instanceof ProblemError)
  t.match(error, { status: 401, problem: { type: '/problems/sign-in-needed', status: 401 } })
  const following = createClient({ baseUrl }).followImport().next()
  await t.rejects(following, { name: 'ProblemError', status: 401 })
})

t.test('client: follows the import, and resumes a broken stream', async (t) => {
  const asked: (string | null)[] = []
  let breakOff = () => {}
  /** A `fetch` whose connection can be cut. */
  const network: typeof fetch = async (input, init) => {
    asked.push(new Headers(init?.headers).get('last-event-id'))
    const cut = new AbortController()
    breakOff = () => cut.abort()
    const signals = [cut.signal, ...(init?.signal ? [init.signal] : [])]
    return fetch(input, { ...init, signal: AbortSignal.any(signals) })
  }
  const leaving = new AbortController()
  const messages = (await clientOf(ME, network)).followImport({ signal: leaving.signal })
  const next = async (event: LiveMessage['event']) => {
    for (;;) {
      const { value } = await messages.next()
      if (value === undefined || value.event === event) return value
    }
  }
  t.match(await next('import'), { data: { athlete_id: ME, state: 'running' } })
  await tellDeleted('8')
  const before = await next('activity')
  t.match(before, { id: /^\d+$/, data: { deleted: ['8'] } })
  breakOff()
  await tellDeleted('9')
  t.match(await next('activity'), { data: { deleted: ['9'] } })
  t.strictSame(asked, [null, before?.id ?? ''])
  leaving.abort()
  t.equal((await messages.next()).done, true)
})

async function tellDeleted(id: string): Promise<void> {
  await publish(bus, eventMessage('activity.deleted', ME, { id, athlete_id: ME }, new Date(NOW)))
}
