// The baseline of the webhook: publishes the same messages to JetStream, and nothing else.
import { connect, RetentionPolicy, StorageType } from 'nats'
import { answerRequests, environment } from '../context/worker-rpc.ts'
import { stravaEvent } from '../strava-event.ts'

const nc = await connect({ servers: environment('NATS_URL') })
const jsm = await nc.jetstreamManager()
await jsm.streams.add({
  name: 'BARE',
  subjects: ['bare.>'],
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
})
const js = nc.jetstream()
let nextId = 1

answerRequests('ready', async ({ connections = 10, ms = 1_000 }) => {
  const startedAt = performance.now()
  let acknowledged = 0
  const publisher = async () => {
    while (performance.now() - startedAt < Number(ms)) {
      const id = String(nextId++)
      await js.publish('bare.activity.create', stravaEvent(id, '4242'), { msgID: id })
      acknowledged += 1
    }
  }
  await Promise.all(Array.from({ length: Number(connections) }, publisher))
  return { acknowledged, perSecond: (acknowledged / (performance.now() - startedAt)) * 1_000 }
})
