import { CLOUD_EVENT_SOURCE, cloudEventType, EVENT_DATA } from './events.ts'
import { StravaIdSchema } from './ids.ts'
import { type Json, withReferences } from './json-schema.ts'
import { API, ApiErrorSchema, type ApiName } from './requests.ts'
import { EVENT_TYPES, EVENTS_STREAM, type EventType, eventSubject } from './subjects.ts'

const ABOUT = `Events of the stream \`${EVENTS_STREAM}\`, kept for 30 days, to be read with a durable consumer; and requests, answered from
ikigai's own store. Schemas of events and replies are open: ignore fields that you do not know. Within \`v1\`, fields and events
are only added.`

const WHEN: Readonly<Record<EventType, string>> = {
  'activity.created': 'An activity was stored for the first time, from the history or because it is new',
  'activity.updated': 'A published field of an activity has changed',
  'activity.deleted': 'An activity was deleted, or is no longer visible to ikigai',
  'athlete.connected': 'An athlete has connected Strava',
  'athlete.disconnected': 'An athlete has disconnected: erase everything you store about them',
  'athlete.blocked': "Strava refuses the athlete's grant: no new data until they connect again",
  'import.progressed': 'A page of the history was stored',
  'import.completed': 'The whole history is stored',
}

const ANSWERS: Readonly<Record<ApiName, string>> = {
  activityRandom:
    'One matching activity, each as likely as any other; with `cursor` all of them in random order',
  activityGet: 'One activity',
  activityList: 'A page of activities, newest first by default',
  athleteGet: 'The athlete',
  importGet: "State and progress of the import of the athlete's history",
  quotaGet: "Usage of Strava's limits, and what each lane waits for",
}

/** The AsyncAPI 3.0 document of everything that other teams use over NATS. `version` is the package's. */
export function asyncApi(version: string): Json {
  const named = new Map<string, Json>()
  const payload = (schema: object): Json => {
    const referring = withReferences(schema, '#/components/schemas/')
    for (const [name, body] of referring.named) named.set(name, body)
    return referring.schema
  }
  const channels = {
    ...eventChannels(payload),
    ...requestChannels(payload),
    replies: repliesChannel(payload),
  }
  return {
    asyncapi: '3.0.0',
    info: { title: 'ikigai over NATS', version, description: ABOUT, license: { name: 'MIT' } },
    defaultContentType: 'application/json',
    servers: {
      nats: {
        host: 'nats.example:4222',
        protocol: 'nats',
        description: 'The operator gives each team the address, its user and its password',
        security: [{ type: 'userPassword' }],
      },
    },
    channels,
    operations: { ...eventOperations(), ...requestOperations() },
    components: { schemas: Object.fromEntries(named) },
  }
}

type Payload = (schema: object) => Json

/** `activity.created` → `activityCreated` */
const keyOf = (type: EventType) => type.replaceAll(/\.(\w)/g, (_, letter: string) => letter.toUpperCase())
const ref = (pointer: string) => ({ $ref: `#/${pointer}` })

const eventChannels = (payload: Payload): Json =>
  Object.fromEntries(
    EVENT_TYPES.map((type) => [
      keyOf(type),
      {
        address: eventSubject(type, '*').replace('*', '{athleteId}'),
        description: WHEN[type],
        parameters: { athleteId: { description: "The athlete's id at Strava" } },
        messages: {
          event: {
            name: cloudEventType(type),
            headers: eventHeaders(type),
            payload: payload(EVENT_DATA[type]),
          },
        },
      },
    ]),
  )

/** CloudEvents 1.0 in binary mode. */
const eventHeaders = (type: EventType): Json => ({
  type: 'object',
  required: ['ce-specversion', 'ce-id', 'ce-type', 'ce-source', 'ce-subject', 'ce-time'],
  properties: {
    'ce-specversion': { const: '1.0' },
    'ce-id': { type: 'string', description: 'The same when the event is delivered again' },
    'ce-type': { const: cloudEventType(type) },
    'ce-source': { const: CLOUD_EVENT_SOURCE },
    'ce-subject': { ...StravaIdSchema, description: "The athlete's id" },
    'ce-time': { type: 'string', format: 'date-time', description: 'When it happened' },
  },
})

const eventOperations = (): Json =>
  Object.fromEntries(
    EVENT_TYPES.map((type) => [
      keyOf(type),
      { action: 'send', channel: ref(`channels/${keyOf(type)}`), summary: WHEN[type] },
    ]),
  )

const requestChannels = (payload: Payload): Json =>
  Object.fromEntries(
    apiNames().map((name) => [
      name,
      {
        address: API[name].subject,
        description: ANSWERS[name],
        messages: { request: { name: `${name} request`, payload: payload(API[name].request) } },
      },
    ]),
  )

/** NATS names the inbox of the caller in each request. */
const repliesChannel = (payload: Payload): Json => ({
  address: null,
  description: "The caller's inbox",
  messages: {
    ...Object.fromEntries(
      apiNames().map((name) => [name, { name: `${name} reply`, payload: payload(API[name].reply) }]),
    ),
    error: {
      name: 'error',
      headers: {
        type: 'object',
        required: ['Nats-Service-Error-Code', 'Nats-Service-Error'],
        properties: {
          'Nats-Service-Error-Code': { type: 'string' },
          'Nats-Service-Error': { type: 'string' },
        },
      },
      payload: payload(ApiErrorSchema),
    },
  },
})

const requestOperations = (): Json =>
  Object.fromEntries(
    apiNames().map((name) => [
      name,
      {
        action: 'receive',
        channel: ref(`channels/${name}`),
        summary: ANSWERS[name],
        reply: {
          channel: ref('channels/replies'),
          messages: [ref(`channels/replies/messages/${name}`), ref('channels/replies/messages/error')],
        },
      },
    ]),
  )

const apiNames = (): ApiName[] => Object.keys(API).filter((name): name is ApiName => name in API)
