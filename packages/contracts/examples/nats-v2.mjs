// Another team's program with the client nats 2: asks for an activity, then follows the events.
//
//   npm install nats@2
//   NATS_URL=… NATS_USER=… NATS_PASSWORD=… node nats-v2.mjs [athlete id]
import { connect } from 'nats'

const { NATS_URL = 'nats://127.0.0.1:4222', NATS_USER, NATS_PASSWORD } = process.env
const [athleteId] = process.argv.slice(2)

const nc = await connect({
  servers: NATS_URL.split(','),
  user: NATS_USER,
  pass: NATS_PASSWORD,
  maxReconnectAttempts: -1, // by default the client gives up after ten
})

// A request. An error is a reply too: a header says so, and the body says what went wrong.
if (athleteId !== undefined) {
  const request = { athlete_id: athleteId }
  const reply = await nc.request('ikigai.v1.api.activity.random', JSON.stringify(request), { timeout: 2_000 })
  if (reply.headers?.has('Nats-Service-Error-Code')) {
    console.log(`no activity: ${reply.string()}`)
  } else {
    const { activity } = reply.json()
    console.log(`activity ${activity.id}: ${activity.name}, ${activity.sport_type}, ${activity.start_time}`)
  }
}

// The events. The durable consumer has the team's name; the server remembers what was acknowledged, so the program goes on where
// it ended. Each event arrives at least once; ce-id is the same when it arrives again.
const consumer = await nc.jetstream().consumers.get('EVENTS', NATS_USER)
let ended = false
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    ended = true
  })
console.log('following the events')
// Asked for a second at a time, and ended between two requests: a request that outlives the program would take the next event
// with it, which then arrives again after half a minute only.
while (!ended) {
  for await (const message of await consumer.fetch({ max_messages: 100, expires: 1_000 })) {
    const attribute = (name) => message.headers?.get(name)
    console.log(
      `${attribute('ce-type')} ${attribute('ce-subject')} ${attribute('ce-id')} ${message.string()}`,
    )
    message.ack()
  }
}
await nc.drain()
