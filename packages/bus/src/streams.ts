import { LANES, SUBJECT_ROOT } from '@ikigai/contracts'
import {
  AckPolicy,
  type ConsumerConfig,
  type JetStreamManager,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from 'nats'
import type { Bus } from './connection.ts'
import { laneConsumer, STRAVA_EVENTS_CONSUMER, STREAMS } from './subjects.ts'

const DAY_MS = 86_400_000

type Stream = Partial<StreamConfig> & Pick<StreamConfig, 'name' | 'subjects'>

/** Retention follows the kind of message: facts are kept for a time, jobs until they are done. */
const STREAM_CONFIGS: readonly Stream[] = [
  {
    name: STREAMS.stravaEvents,
    subjects: [`${SUBJECT_ROOT}.strava.>`],
    retention: RetentionPolicy.Limits,
    max_age: nanos(7 * DAY_MS),
    duplicate_window: nanos(600_000),
  },
  {
    name: STREAMS.fetch,
    subjects: [`${SUBJECT_ROOT}.fetch.>`],
    retention: RetentionPolicy.Workqueue,
    duplicate_window: nanos(120_000),
  },
  {
    name: STREAMS.events,
    subjects: [`${SUBJECT_ROOT}.event.>`],
    retention: RetentionPolicy.Limits,
    max_age: nanos(30 * DAY_MS),
    duplicate_window: nanos(600_000),
  },
  {
    name: STREAMS.dead,
    subjects: [`${SUBJECT_ROOT}.dead.>`],
    retention: RetentionPolicy.Limits,
    max_age: nanos(30 * DAY_MS),
    duplicate_window: nanos(120_000),
  },
]

/** How long a job may be under way before another replica takes it over (a worker under way says so earlier). */
const ACK_WAIT_MS = 30_000

const CONSUMER_CONFIGS: readonly {
  stream: string
  config: Partial<ConsumerConfig> & { durable_name: string }
}[] = [
  {
    stream: STREAMS.stravaEvents,
    config: {
      durable_name: STRAVA_EVENTS_CONSUMER,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MS),
      max_deliver: -1,
      max_ack_pending: 1_000,
    },
  },
  ...LANES.map((lane) => ({
    stream: STREAMS.fetch,
    config: {
      durable_name: laneConsumer(lane),
      filter_subject: `${SUBJECT_ROOT}.fetch.${lane}.>`,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MS),
      // Waiting for quota is no failure: attempts are counted in Postgres, and the last one ends in DEAD.
      max_deliver: -1,
      max_ack_pending: 10_000,
    },
  })),
]

/**
 * Creates the streams and consumers, or brings them to this release's configuration. Safe to repeat and to
 * run from several replicas at once. Replicates to three servers where the cluster has them.
 */
export async function provision(bus: Bus): Promise<void> {
  const jsm = await bus.nc.jetstreamManager()
  for (const config of STREAM_CONFIGS) await ensureStream(jsm, config)
  for (const { stream, config } of CONSUMER_CONFIGS) await jsm.consumers.add(stream, config)
}

async function ensureStream(jsm: JetStreamManager, config: Stream): Promise<void> {
  const wanted = { ...config, storage: StorageType.File }
  const existing = await findStream(jsm, config.name)
  if (existing === undefined) {
    try {
      await jsm.streams.add({ ...wanted, num_replicas: 3 })
      return
    } catch (error) {
      // A single server refuses replicas; another replica of ours may have been first.
      if (!(error instanceof NatsError)) throw error
    }
    await jsm.streams.add({ ...wanted, num_replicas: 1 })
    return
  }
  await jsm.streams.update(config.name, { ...wanted, num_replicas: existing.num_replicas })
}

async function findStream(jsm: JetStreamManager, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await jsm.streams.info(name)).config
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.code === 404) return undefined
    throw error
  }
}

/** Removes every message of an athlete from a stream's subject. */
export async function purgeSubjects(
  bus: Bus,
  subjects: readonly { stream: string; subject: string }[],
): Promise<void> {
  const jsm = await bus.nc.jetstreamManager()
  for (const { stream, subject } of subjects) await jsm.streams.purge(stream, { filter: subject })
}

/** Messages of a stream that its consumer has not handed to anybody yet. */
export async function waitingMessages(bus: Bus, stream: string, consumer: string): Promise<number> {
  const jsm = await bus.nc.jetstreamManager()
  return (await jsm.consumers.info(stream, consumer)).num_pending
}
