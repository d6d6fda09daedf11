// A client that generates load: `autocannon` against one address, the same for ikigai and for a baseline.
import autocannon from 'autocannon'
import { answerRequests, environment } from '../context/worker-rpc.ts'
import { percentile } from '../statistics.ts'
import { stravaEvent } from '../strava-event.ts'

const authorization = process.env['AUTHORIZATION']
const isWebhook = process.env['WEBHOOK'] === 'true'
const headers = {
  ...(authorization === undefined ? {} : { authorization }),
  ...(isWebhook ? { 'content-type': 'application/json' } : {}),
}
/** So that no two clients of a run send the same event. */
let nextId = (process.pid % 100_000) * 1_000_000_000 + 1

function requestsOf(): autocannon.Request[] {
  if (!isWebhook) return [{ method: 'GET' }]
  return [
    {
      method: 'POST',
      setupRequest: (request) => {
        nextId += 1
        return { ...request, body: stravaEvent(String(nextId), '4242') }
      },
    },
  ]
}

answerRequests('ready', async ({ connections = 10, ms = 1_000 }) => {
  const options = {
    url: environment('TARGET_URL'),
    connections: Number(connections),
    duration: Number(ms) / 1_000,
    headers,
    requests: requestsOf(),
  }
  const times: number[] = []
  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  const { non2xx, errors } = await new Promise<autocannon.Result>((resolve, reject) => {
    const load = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)))
    load.on('response', (_client, _status, _bytes, time) => times.push(time))
  })
  const seconds = (performance.now() - startedAt) / 1_000
  if (non2xx + errors > 0) throw new Error(`${non2xx} answers were no 2xx, ${errors} requests failed`)
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    answers: times.length,
    perSecond: times.length / seconds,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    cpuShare: (user + system) / 1e6 / seconds,
  }
})
