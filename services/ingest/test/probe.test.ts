import { startSimulator } from '@ikigai/strava-simulator'
import { eventually, freePort } from '@ikigai/testkit'
import t from 'tap'
import { startWorld } from './world.ts'
const world = await startWorld(t)
const simulator = await startSimulator()
t.teardown(() => simulator.close())
const port = await freePort()
const ingest = await world.ingest({ STRAVA_API_URL: simulator.apiUrl, STRAVA_OAUTH_URL: simulator.oauthUrl, STRAVA_WEBHOOK_SUBSCRIBE: 'true', WEBHOOK_URL: `http://127.0.0.1:${port}`, PORT: String(port) })
await eventually(async () => (await world.subscriptionIds())[0])
if (process.argv[2]) { simulator.admin.sendEvent({ objectType: 'activity', aspectType: 'create', objectId: '1', ownerId: '2' })
  await simulator.admin.idle() }
const s = performance.now()
await ingest.stop()
console.log('# stop', performance.now() - s)
