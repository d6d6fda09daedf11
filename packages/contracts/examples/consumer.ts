/**
 * A consumer as another team would write it: follows the events of every athlete and, when an athlete's id is
 * given, asks for one of their activities first.
 *
 *   NATS_URL=nats://127.0.0.1:4222 node --import=tsx --conditions=@ikigai/source consumer.ts [athlete id]
 *
 * CONSUMER names the durable consumer; NATS_USER and NATS_PASSWORD are used when set.
 */
import { ALL_EVENTS, API, type ApiReply, type ApiRequest, EVENTS_STREAM } from '@ikigai/contracts'
import { AckPolicy, connect, DeliverPolicy, type NatsConnection } from 'nats'

const {
  NATS_URL = 'nats://127.0.0.1:4222',
  NATS_USER,
  NATS_PASSWORD,
  CONSUMER = 'example-consumer',
} = process.env
const [athleteId] = process.argv.slice(2)

const nc = await connect({
  servers: NATS_URL.split(','),
  name: CONSUMER,
  // By default the client gives up after ten attempts.
  maxReconnectAttempts: -1,
  ...(NATS_USER === undefined ? {} : { user: NATS_USER }),
  ...(NATS_PASSWORD === undefined ? {} : { pass: NATS_PASSWORD }),
})
if (athleteId !== undefined) await printRandomActivity(nc, { athlete_id: athleteId })
await followEvents(nc)
await nc.drain()

/** Asks one of the gateways. An error is a reply with an error header and the details in the body. */
async function printRandomActivity(
  connection: NatsConnection,
  request: ApiRequest<'activityRandom'>,
): Promise<void> {
  const reply = await connection.request(API.activityRandom.subject, JSON.stringify(request), {
    timeout: 2_000,
  })
  if (reply.headers?.has('Nats-Service-Error-Code') === true) {
    console.log(`no activity: ${reply.string()}`)
    return
  }
  const { activity } = reply.json<ApiReply<'activityRandom'>>()
  console.log(`activity ${activity.id}: ${activity.name}, ${activity.sport_type}, ${activity.start_time}`)
}

/**
 * Reads the stream through a durable consumer: the server remembers what was acknowledged, so that the program
 * goes on where it ended. Every event arrives at least once; `ce-id` is the same when it arrives again.
 */
async function followEvents(connection: NatsConnection): Promise<void> {
  const manager = await connection.jetstreamManager()
  // Where NATS knows users, the consumer `team` is there, and a team makes none itself.
  const isThere = await manager.consumers.info(EVENTS_STREAM, CONSUMER).then(
    () => true,
    () => false,
  )
  if (!isThere) {
    await manager.consumers.add(EVENTS_STREAM, {
      durable_name: CONSUMER,
      filter_subject: ALL_EVENTS,
      deliver_policy: DeliverPolicy.All,
      ack_policy: AckPolicy.Explicit,
    })
  }
  const consumer = await connection.jetstream().consumers.get(EVENTS_STREAM, CONSUMER)
  const messages = await consumer.consume({ max_messages: 10 })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => messages.stop())
  console.log(`following ${ALL_EVENTS}`)
  for await (const message of messages) {
    const attribute = (name: string) => message.headers?.get(name) ?? ''
    console.log(
      `${attribute('ce-type')} ${attribute('ce-subject')} ${attribute('ce-id')} ${message.string()}`,
    )
    message.ack()
  }
}
