// A client with a fixed rate: requests are due at random times, as those of many senders, and each is sent when it
// is due, regardless of the others. Its latency counts from then, so that waiting for a connection is included.
// (Clients that spread a rate over connections send each second's share at once, and wait for its slowest answer.)
import { Agent, request } from 'node:http'
import { answerRequests, environment } from '../context/worker-rpc.ts'
import { percentile } from '../statistics.ts'
import { stravaEvent } from '../strava-event.ts'

const WARM_UP_MS = 1_000
const url = environment('TARGET_URL')
const agent = new Agent({ keepAlive: true, maxSockets: 128 })
/** So that no two clients of a run send the same event. */
let nextId = (process.pid % 100_000) * 1_000_000_000 + 1

/** Resolves when the answer has been read. */
function send(): Promise<void> {
  nextId += 1
  const body = stravaEvent(String(nextId), '4242')
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers }, (answer) => {
      const { statusCode = 0 } = answer
      if (statusCode >= 300) reject(new Error(`the answer was ${statusCode}`))
      answer.on('end', resolve).on('error', reject).resume()
    })
    sent.on('error', reject).end(body)
  })
}

answerRequests('ready', async ({ ms = 1_000, rate = 1 }) => {
  const times: number[] = []
  const under: Promise<void>[] = []
  const startedAt = performance.now()
  const countedFrom = startedAt + WARM_UP_MS
  const until = countedFrom + Number(ms)
  const nextAfter = (due: number) => due - Math.log(1 - Math.random()) * (1_000 / Number(rate))
  for (let due = nextAfter(startedAt); due < until; due = nextAfter(due)) {
    const wait = due - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    const isCounted = due >= countedFrom
    const done = send().then(() => {
      if (isCounted) times.push(performance.now() - due)
    })
    // Reported below.
    done.catch(() => {})
    under.push(done)
  }
  await Promise.all(under)
  return {
    perSecond: (times.length / Number(ms)) * 1_000,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
  }
})
