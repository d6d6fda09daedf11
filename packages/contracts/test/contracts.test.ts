import { readFile } from 'node:fs/promises'
import {
  ALL_EVENTS,
  API,
  ApiErrorSchema,
  cloudEventType,
  EVENT_DATA,
  EVENT_TYPES,
  eventSubject,
  InstantSchema,
  StravaIdSchema,
} from '@ikigai/contracts'
import t from 'tap'
import { Compile } from 'typebox/compile'

t.test('contracts: ids are positive decimal integers', async (t) => {
  const id64 = Compile(StravaIdSchema)
  for (const id of ['1', '134815', '9223372036854775807']) t.ok(id64.Check(id), id)
  for (const id of ['', '0', '01', '-1', '1.0', '1e3', ' 1', '1\n', '10000000000000000000', 1, null])
    t.notOk(id64.Check(id), String(id))
})

t.test('contracts: instants have a zone', async (t) => {
  const instant = Compile(InstantSchema)
  for (const text of ['2026-05-01T06:00:00Z', '2026-05-01T06:00:00.123Z', '2026-05-01T06:00:00+05:30'])
    t.ok(instant.Check(text), text)
  for (const text of ['2026-05-01', '2026-05-01T06:00:00', '2026-05-01 06:00:00Z', 'yesterday', '1714543200'])
    t.notOk(instant.Check(text), text)
})

t.test('contracts: every type of event has a subject below the stream and a schema', async (t) => {
  for (const type of EVENT_TYPES) {
    t.equal(eventSubject(type, '42'), `ikigai.v1.event.${type}.42`)
    t.ok(eventSubject(type, '*').startsWith(ALL_EVENTS.slice(0, -1)))
    t.equal(cloudEventType(type), `ikigai.${type}`)
    t.doesNotThrow(() => Compile(EVENT_DATA[type]))
  }
})

t.test('contracts: requests take nothing that they do not know', async (t) => {
  const random = Compile(API.activityRandom.request)
  t.ok(random.Check({ athlete_id: '42' }))
  t.notOk(random.Check({ athlete_id: '42', sport: 'Run' }))
  t.notOk(random.Check({ athlete_id: '42', sport_type: 'Run\0' }))
  t.notOk(random.Check({ athlete_id: 42 }))
  t.notOk(random.Check({}))
})

t.test('contracts: docs/teams.md shows what the schemas accept, and names every subject', async (t) => {
  const text = await readFile(new URL('../../../docs/teams.md', import.meta.url), 'utf8')
  const [request, error] = [...text.matchAll(/```json\n(.*?)```/gs)].map(([, json]): unknown =>
    JSON.parse(json ?? ''),
  )
  t.ok(Compile(API.activityRandom.request).Check(request))
  t.ok(Compile(ApiErrorSchema).Check(error))
  for (const type of EVENT_TYPES) t.match(text, `ikigai.v1.event.${type}.<athlete id>`)
  for (const { subject } of Object.values(API)) t.match(text, `\`${subject}\``)
})
