import { randomUUID } from 'node:crypto'
import { get, type IncomingMessage } from 'node:http'
import { AthleteSchema, closed, ImportStatusSchema } from '@ikigai/contracts'
import { athletes, sessionRevocations } from '@ikigai/db'
import { eventually } from '@ikigai/testkit'
import { eq } from 'drizzle-orm'
import t from 'tap'
import { Compile } from 'typebox/compile'
import { exportLines } from '../src/export/export-lines.ts'
import { ExportLineSchema } from '../src/export/export-schema.ts'
import { createRunningExports } from '../src/export/running-exports.ts'
import { bearer, startHarness } from './harness.ts'
import { addActivities, addAthlete, addImport, DAY_MS, NOW, series } from './seed.ts'

const ME = '42'
const harness = await startHarness(t)
const gateway = await harness.gateway()
const { http: url } = gateway.urls
const line = Compile(closed(ExportLineSchema))

t.beforeEach(async () => {
  await harness.db.execute('truncate athletes, session_revocations cascade')
  await harness.clock.advance(1_000)
  await addAthlete(harness.db, ME)
  await addImport(harness.db, ME)
})

const signedIn = async () => bearer((await harness.signIn(ME)).token)

/** Starts an export without reading it. */
const begin = (headers: Record<string, string>): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    get(`${url}/v1/me/export`, { headers }, (response) => resolve(response.pause())).on('error', reject)
  })

/** A history far larger than the buffers of the connection. */
const storeMuch = () =>
  addActivities(
    harness.db,
    ME,
    series(400).map((row) => ({
      ...row,
      detail: JSON.stringify({ text: 'x'.repeat(100_000) }),
      detailAt: new Date(NOW),
    })),
  )

t.test('export: contains everything, and an end line', async (t) => {
  const detail = '{"segment_efforts":[{"id":3271234567890123457}],"name":"a\\nb\\u2028"}'
  await addAthlete(harness.db, '43')
  await addActivities(harness.db, '43', [{ id: '9000' }])
  await addActivities(harness.db, ME, [
    ...series(60, 100),
    {
      id: '9007199254740993',
      startAt: new Date(NOW),
      summary: '{"id":9007199254740993}',
      detail,
      detailAt: new Date(NOW),
    },
    { id: '2', startAt: new Date(NOW - 900 * DAY_MS), hiddenAt: new Date(NOW), viewedAt: new Date(NOW) },
    { id: '3', confirmedAt: new Date(NOW - 8 * DAY_MS) },
  ])
  const response = await fetch(`${url}/v1/me/export`, { headers: await signedIn() })
  t.equal(response.status, 200)
  t.equal(response.headers.get('content-type'), 'application/x-ndjson')
  t.equal(response.headers.get('content-disposition'), 'attachment; filename="ikigai-42.ndjson"')
  t.equal(response.headers.get('cache-control'), 'private, no-store')
  const text = await response.text()
  t.ok(text.endsWith('\n'))
  const lines = text.trimEnd().split('\n')
  for (const one of lines) t.ok(line.Check(JSON.parse(one)))
  const kinds = lines.map((one) => JSON.parse(one).kind)
  t.strictSame(kinds, ['athlete', 'import', ...Array.from({ length: 62 }, () => 'activity'), 'end'])
  t.match(JSON.parse(lines.at(0) ?? ''), {
    athlete: { id: ME, scopes: ['read', 'activity:read_all'] },
    strava_created_at: null,
  })
  t.match(lines[2], /"summary":\{"id": ?9007199254740993\},"detail":\{.*3271234567890123457/s)
  t.match(JSON.parse(lines[2] ?? ''), { detail_fetched_at: new Date(NOW).toISOString(), hidden_at: null })
  const hidden = JSON.parse(lines.at(-2) ?? '')
  t.match(hidden, { activity: { id: '2' }, detail_fetched_at: null, viewed_at: String, hidden_at: String })
  t.equal(lines.at(-1), '{"kind":"end","activities":62,"left_out":{"private":0,"unconfirmed":1}}')
  t.equal(new Set(lines).size, lines.length)
})

t.test(
  'export: contains the creation date of the Strava account, and private activities only if permitted',
  async (t) => {
    const stravaCreatedAt = new Date('2017-11-28T19:05:35Z')
    await harness.db
      .update(athletes)
      .set({ scopes: ['read', 'activity:read'], stravaCreatedAt })
      .where(eq(athletes.id, ME))
    await addActivities(harness.db, ME, [
      { id: '1' },
      { id: '2', private: true },
      { id: '3', private: true, hiddenAt: new Date(NOW), confirmedAt: new Date(NOW - 8 * DAY_MS) },
      { id: '4', hiddenAt: new Date(NOW), confirmedAt: new Date(NOW - 8 * DAY_MS) },
    ])
    const text = await (await fetch(`${url}/v1/me/export`, { headers: await signedIn() })).text()
    const lines = text
      .trimEnd()
      .split('\n')
      .map((one) => JSON.parse(one))
    t.match(lines[0], { strava_created_at: '2017-11-28T19:05:35.000Z' })
    t.strictSame(
      lines.flatMap(({ activity }) => (activity === undefined ? [] : [activity.id])),
      ['1'],
    )
    t.match(lines.at(-1), { activities: 1, left_out: { private: 2, unconfirmed: 1 } })
  },
)

t.test('export: requires a session, and runs once at a time', async (t) => {
  t.equal((await fetch(`${url}/v1/me/export`)).status, 401)
  await storeMuch()
  const first = await begin(await signedIn())
  const second = await fetch(`${url}/v1/me/export`, { headers: await signedIn() })
  t.equal(second.status, 429)
  t.match(await second.json(), { type: '/problems/export-under-way' })
  first.destroy()
  await eventually(async () => {
    const third = await fetch(`${url}/v1/me/export`, { headers: await signedIn() })
    await third.body?.cancel()
    return third.ok
  })
})

t.test('export: reads no further than the client', async (t) => {
  let batches = 0
  async function* activities() {
    for (batches = 0; batches < 1_000; batches += 1) yield ['x'.repeat(100_000)]
  }
  const exports = createRunningExports({ clock: harness.clock, revocations: { isRevoked: () => false } })
  const response = await fetch(`${url}/v1/me`, { headers: await signedIn() })
  const athlete = Compile(closed(AthleteSchema)).Parse(await response.json())
  const status = await fetch(`${url}/v1/import`, { headers: await signedIn() })
  const sources = { athlete, import: Compile(closed(ImportStatusSchema)).Parse(await status.json()) }
  const { session } = await harness.signIn(ME)
  const stored = {
    stravaCreatedAt: async () => null,
    activities,
    countOmitted: async () => ({ private: 0, unconfirmed: 0 }),
  }
  const stream = exports.begin(session, exportLines({ ...sources, stored }))
  t.notOk(exports.hasRoom(ME))
  let chunks = 0
  for await (const chunk of stream) {
    chunks += 1
    t.ok(chunk.length > 0)
    t.ok(batches <= chunks + 2, 'only just before it')
    if (chunks === 20) break
  }
  await eventually(() => exports.hasRoom(ME))
  t.ok(batches < 25)
})

t.test('export: aborted when the session ends', async (t) => {
  await storeMuch()
  const { token, session } = await harness.signIn(ME)
  const response = await begin(bearer(token))
  t.equal(response.statusCode, 200)
  await harness.db.insert(sessionRevocations).values({
    id: randomUUID(),
    sessionId: session.sid,
    revokedAt: new Date(harness.clock.now()),
    expiresAt: new Date(NOW + 30 * DAY_MS),
  })
  await eventually(async () => {
    const next = await fetch(`${url}/v1/me/export`, { headers: await signedIn() })
    await next.body?.cancel()
    return next.ok
  })
  await t.rejects(async () => {
    for await (const chunk of response) t.ok(chunk)
  })
})
