// Many open streams of server-sent events and their producer: the same for ikigai and for the baseline.
import { Agent, get, type IncomingMessage } from 'node:http'
import { connectBus, publish } from '@ikigai/bus'
import { parseRingKeys } from '@ikigai/keyring'
import { eventMessage } from '@ikigai/outbox'
import { mintSession } from '@ikigai/sessions'
import { pino } from 'pino'
import { answerRequests, environment } from '../context/worker-rpc.ts'
import { percentile } from '../statistics.ts'

const OPEN_BATCH_SIZE = 50
const ARRIVAL_TIMEOUT_MS = 20_000

const eventsUrl = environment('EVENTS_URL')
const perAthlete = Number(environment('PER_ATHLETE'))
const athleteIds = environment('ATHLETES').split(',')
const keys = parseRingKeys(environment('SESSION_KEYS'))
const tell = await teller()
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })

/** Events that have not arrived at all streams yet, by activity id. */
const underWay = new Map<string, { readonly toldAt: number; missing: number; readonly done: () => void }>()
const latencies: number[] = []
let ended = 0
let nextId = 1
let turn = 0

async function teller(): Promise<(athleteId: string, id: string) => Promise<unknown>> {
  const tellUrl = process.env['TELL_URL']
  if (tellUrl !== undefined)
    return async (athleteId, id) => {
      const data = JSON.stringify({ created: [], updated: [], deleted: [id] })
      const body = `event: activity\nid: ${id}\ndata: ${data}\n\n`
      const headers = { 'content-type': 'text/plain' }
      const response = await fetch(`${tellUrl}/${athleteId}`, { method: 'POST', body, headers })
      return response.text()
    }
  const bus = await connectBus({
    servers: [environment('NATS_URL')],
    name: 'bench',
    logger: pino({ level: 'warn' }),
  })
  return (athleteId, id) =>
    publish(bus, eventMessage('activity.deleted', athleteId, { id, athlete_id: athleteId }, new Date()))
}

/** Opens the streams of one athlete; resolves when each has had its first message. */
async function openStreams(athleteId: string): Promise<void> {
  const { token } = await mintSession({ keys, athleteId, now: Date.now() })
  const headers = { authorization: `Bearer ${token}`, 'x-athlete': athleteId }
  const open = () =>
    new Promise<void>((resolve, reject) => {
      const request = get(eventsUrl, { agent, headers }, (response) => {
        if (response.statusCode === 200) listen(response, resolve)
        else reject(new Error(`a stream is answered with ${response.statusCode}`))
      })
      request.on('error', reject)
    })
  await Promise.all(Array.from({ length: perAthlete }, open))
}

function listen(response: IncomingMessage, onFirst: () => void): void {
  let text = ''
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const messages = `${text}${chunk}`.split('\n\n')
    text = messages.pop() ?? ''
    for (const message of messages) arrived(message)
    onFirst()
  })
  response.on('close', () => {
    ended += 1
  })
}

function arrived(message: string): void {
  const event = underWay.get(/"deleted":\["(\d+)"\]/.exec(message)?.[1] ?? '')
  if (event === undefined) return
  latencies.push(performance.now() - event.toldAt)
  event.missing -= 1
  if (event.missing === 0) event.done()
}

/** Publishes an event for the next athlete; resolves when all of their streams have it. */
async function tellNext(): Promise<void> {
  const athleteId = athleteIds[turn % athleteIds.length] ?? ''
  const id = String(nextId)
  turn += 1
  nextId += 1
  const everywhere = new Promise<void>((resolve, reject) => {
    const late = () => reject(new Error(`an event did not arrive everywhere; ${ended} streams have ended`))
    const timer = setTimeout(late, ARRIVAL_TIMEOUT_MS)
    const done = () => {
      clearTimeout(timer)
      resolve()
    }
    underWay.set(id, { toldAt: performance.now(), missing: perAthlete, done })
  })
  await Promise.all([tell(athleteId, id), everywhere])
  underWay.delete(id)
}

async function openAll(): Promise<void> {
  const waiting = [...athleteIds]
  const one = async () => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) await openStreams(id)
  }
  await Promise.all(Array.from({ length: Math.ceil(OPEN_BATCH_SIZE / perAthlete) }, one))
}

answerRequests('ready', async ({ kind, athletes = 1, ms = 1_000 }) => {
  const startedAt = performance.now()
  if (kind === 'open') {
    await openAll()
    return { seconds: (performance.now() - startedAt) / 1_000 }
  }
  latencies.length = 0
  while (performance.now() - startedAt < Number(ms))
    await Promise.all(Array.from({ length: Number(athletes) }, tellNext))
  return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) }
})
