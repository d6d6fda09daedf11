import { readdir, readFile } from 'node:fs/promises'
import { Parser } from '@asyncapi/parser'
import {
  type Activity,
  API,
  type Athlete,
  asyncApi,
  closed,
  EVENT_DATA,
  EVENT_TYPES,
  type ImportStatus,
  type QuotaStatus,
  schemaFiles,
} from '@ikigai/contracts'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

const read = async (name: string) => await readFile(new URL(`../${name}`, import.meta.url), 'utf8')
const readJson = async (name: string) => JSON.parse(await read(name))

t.test('the files are those of the sources: npm run schemas', async (t) => {
  const { version } = await readJson('package.json')
  t.strictSame(await readJson('asyncapi.json'), JSON.parse(JSON.stringify(asyncApi(version))))
  const files = schemaFiles()
  t.strictSame((await readdir(new URL('../schemas', import.meta.url))).sort(), [...files.keys()].sort())
  for (const [name, schema] of files) {
    t.strictSame(await readJson(`schemas/${name}`), JSON.parse(JSON.stringify(schema)), name)
  }
})

t.test('schemas: the AsyncAPI document has no fault', async (t) => {
  const { document, diagnostics } = await new Parser().parse(await read('asyncapi.json'))
  t.ok(document)
  const faults = diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version')
  t.strictSame(
    faults.map(({ code, message, path }) => `${code}: ${message} (${path.join('/')})`),
    [],
  )
  const addresses = document
    ?.channels()
    .all()
    .map((channel) => channel.address())
  t.ok(addresses?.includes('ikigai.v1.event.activity.created.{athleteId}'))
  t.ok(addresses?.includes('ikigai.v1.api.activity.random'))
})

const at = '2026-12-01T06:00:00Z'
const activity: Activity = {
  ...{
    id: '1',
    athlete_id: '42',
    name: 'Run',
    sport_type: 'Run',
    start_time: at,
    time_zone: 'Europe/Berlin',
  },
  ...{ distance_meters: 1, moving_time_seconds: 1, elapsed_time_seconds: 1, elevation_gain_meters: 0 },
  ...{ average_speed_meters_per_second: null, average_heart_rate_bpm: null, private: false, manual: false },
  ...{ summary_polyline: null, has_detail: false, strava_url: 'https://www.strava.com/activities/1' },
  confirmed_at: at,
}
const status: ImportStatus = {
  ...{ athlete_id: '42', state: 'running', activities_stored: 1, pages_fetched: 1, oldest_start_time: null },
  ...{ activities_expected: null, queue_position: null, eta: null },
  ...{ eta_latest: null, eta_reason: null, eta_change: null },
  waiting: { reason: 'queued', until: null, detail: 'Waiting in the queue.' },
  ...{ started_at: at, updated_at: at, completed_at: null },
}
const athlete: Athlete = {
  ...{ id: '42', username: null, first_name: null, last_name: null, profile_url: null },
  ...{
    scopes: ['read'],
    grant: 'active',
    connection: { state: 'active', erased_at: null },
    connected_at: at,
  },
}
const quota: QuotaStatus = {
  windows: [{ window: '15min', counter: 'read', limit: 100, used: 1, resets_at: at }],
  lanes: [{ lane: 'signup', queued: 0, waiting: null }],
  strava: { state: 'available', until: null },
  history: [{ window_start: at, used: 1, limit: 100 }],
  as_of: at,
}

const EVENTS: Readonly<Record<(typeof EVENT_TYPES)[number], object>> = {
  'activity.created': { activity },
  'activity.updated': { activity },
  'activity.deleted': { id: '1', athlete_id: '42' },
  'athlete.connected': { athlete_id: '42', scopes: ['read'], at },
  'athlete.blocked': { athlete_id: '42', at },
  'athlete.disconnected': { athlete_id: '42', at },
  'import.progressed': { import: status },
  'import.completed': { import: status },
}
const REPLIES: Readonly<Record<keyof typeof API, object>> = {
  activityRandom: { activity, next_cursor: null },
  activityGet: { activity },
  activityList: { data: [activity], next_cursor: null },
  athleteGet: { athlete },
  importGet: { import: status },
  quotaGet: { quota },
}

/** What a later release may send: another field in every object. */
const ofTomorrow = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(ofTomorrow)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, part]) => [key, ofTomorrow(part)])
  return { ...Object.fromEntries(entries), added_tomorrow: 1 }
}

t.test(
  'schemas: a consumer of today accepts the events and replies of tomorrow; a writer of today does not',
  async (t) => {
    const check = async (name: string, schema: TSchema, today: object) => {
      const published = new Ajv2020({ strict: false }).compile(await readJson(`schemas/${name}.json`))
      const compiled = Compile(schema)
      for (const value of [today, ofTomorrow(today)]) {
        t.ok(published(value), `${name} by its file`)
        t.ok(compiled.Check(value), `${name} by its schema`)
      }
      const writer = Compile(closed(schema))
      t.ok(writer.Check(today), `${name} as it is written today`)
      t.notOk(writer.Check(ofTomorrow(today)), `${name} as it is not written today`)
    }
    for (const type of EVENT_TYPES) await check(`event.${type}`, EVENT_DATA[type], EVENTS[type])
    for (const name of Object.keys(REPLIES).filter((key): key is keyof typeof API => key in API)) {
      const { subject, reply } = API[name]
      await check(`reply.${subject.split('.').slice(3).join('.')}`, reply, REPLIES[name])
    }
  },
)
