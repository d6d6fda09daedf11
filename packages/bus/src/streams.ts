import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { SUBJECT_ROOT } from '@ikigai/contracts'
import {
  AckPolicy,
  type ConsumerConfig,
  DiscardPolicy,
  ErrorCode,
  type JetStreamManager,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from 'nats'
import type { Bus } from './connection.ts'
import { fitJetStream, storageExplained } from './jetstream-fitness.ts'
import { FETCH_CONSUMER, STRAVA_EVENTS_CONSUMER, STREAMS } from './subjects.ts'

const DAY_MS = 86_400_000
const KIB = 1_024

type Stream = Partial<StreamConfig> & Pick<StreamConfig, 'name' | 'subjects'>

/**
 * Retention follows the kind of message: events are kept for a time, requests until they are accepted. Every stream is bounded by a
 * number of messages and by the size of each (with its headers), never by `max_bytes`: nats-server 2.9 acknowledges what
 * it drops for that (nats-server#4771). When full, a stream rejects new messages, and their writer keeps them; `DEAD` drops
 * its oldest message instead, because work that cannot be dead-lettered would be retried for ever.
 */
const STREAM_CONFIGS: readonly Stream[] = [
  {
    name: STREAMS.stravaEvents,
    subjects: [`${SUBJECT_ROOT}.strava.>`],
    retention: RetentionPolicy.Limits,
    max_age: nanos(7 * DAY_MS),
    duplicate_window: nanos(600_000),
    // Full: ingest answers 503 and Strava sends again. The fetcher resyncs a history long before this many events of
    // one kind about one athlete, so the subject's oldest ones are dropped: no athlete can fill the stream.
    discard: DiscardPolicy.New,
    max_msgs: 500_000,
    max_msgs_per_subject: 500,
    max_msg_size: 12 * KIB,
  },
  {
    name: STREAMS.fetch,
    subjects: [`${SUBJECT_ROOT}.fetch.>`],
    retention: RetentionPolicy.Workqueue,
    duplicate_window: nanos(120_000),
    // Full: the caller gets an error and retries; accepted requests are in PostgreSQL.
    discard: DiscardPolicy.New,
    max_msgs: 1_000_000,
    max_msg_size: 12 * KIB,
  },
  {
    name: STREAMS.events,
    subjects: [`${SUBJECT_ROOT}.event.>`],
    retention: RetentionPolicy.Limits,
    max_age: nanos(30 * DAY_MS),
    duplicate_window: nanos(600_000),
    // Full: the outbox keeps the rest and sends it, in order, when older events have aged out.
    discard: DiscardPolicy.New,
    max_msgs: 10_000_000,
    max_msg_size: 256 * KIB,
  },
  {
    name: STREAMS.dead,
    subjects: [`${SUBJECT_ROOT}.dead.>`],
    retention: RetentionPolicy.Limits,
    max_age: nanos(30 * DAY_MS),
    duplicate_window: nanos(120_000),
    discard: DiscardPolicy.Old,
    max_msgs: 100_000,
    max_msg_size: 64 * KIB,
  },
]

/** Ack wait: an unacknowledged message is redelivered after it, unless its worker reports progress. */
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
  {
    stream: STREAMS.fetch,
    config: {
      durable_name: FETCH_CONSUMER,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MS),
      // A finite number would block the subject of a work queue for ever.
      max_deliver: -1,
      max_ack_pending: 1_000,
    },
  },
]

/** Replicas of a stream in a cluster, so that one server may be lost. */
const CLUSTER_REPLICAS = 3

/** Replicas that each stream should have: 1 without a cluster. */
export const wantedReplicas = (bus: Bus): number =>
  bus.nc.info?.cluster === undefined ? 1 : CLUSTER_REPLICAS

/** Streams are missing or have another configuration than this release expects, and this user may not change them. */
export class StreamsMissingError extends Error {
  override readonly name = 'StreamsMissingError'
}

/** Time-out and poll interval (ms) of a user without permission to provision, who waits for another process to do it. */
const WAIT_MS = 60_000
const POLL_INTERVAL_MS = 250

/**
 * Creates the streams and consumers, or updates them to this release's configuration. Safe to repeat and to
 * run from several replicas at once. Replicates to three servers as soon as the cluster has them.
 */
export async function provision(bus: Bus): Promise<void> {
  await provisionStreams(bus)
  const jsm = await bus.nc.jetstreamManager()
  for (const { stream, config } of CONSUMER_CONFIGS) await ensureConsumer(jsm, stream, config)
}

/**
 * {@link provision} for streams only. A user without that permission waits until another process has done it.
 *
 * @throws StreamsMissingError if it takes longer than `waitMs` (a minute)
 * @throws JetStreamUnfitError when there is no JetStream, or too little storage
 */
export async function provisionStreams(bus: Bus, { waitMs = WAIT_MS } = {}): Promise<void> {
  const jsm = await fitJetStream(bus.nc, STREAM_CONFIGS)
  for (const config of STREAM_CONFIGS) {
    const wanted = { ...config, storage: StorageType.File }
    try {
      await ensureStream(jsm, wanted, wantedReplicas(bus))
    } catch (error) {
      if (!isRefusal(error)) throw storageExplained(error, wanted)
      await awaitStream(jsm, wanted, waitMs)
    }
  }
}

async function ensureStream(jsm: JetStreamManager, wanted: Stream, replicas: number): Promise<void> {
  const existing = await findStream(jsm, wanted.name)
  if (existing !== undefined) {
    if (!agrees(existing, wanted))
      await jsm.streams.update(wanted.name, { ...wanted, num_replicas: existing.num_replicas })
    if (existing.num_replicas < replicas) await replicate(jsm, wanted, replicas)
    return
  }
  try {
    await jsm.streams.add({ ...wanted, num_replicas: replicas })
  } catch (error) {
    // Too few servers of the cluster are up; another replica of ours may have been first.
    if (!(error instanceof NatsError) || isRefusal(error)) throw error
    await jsm.streams.add({ ...wanted, num_replicas: 1 })
  }
}

/** Replicates a stream and its consumers. While too few servers are up nothing changes, and `missingReplicas` shows it. */
async function replicate(jsm: JetStreamManager, wanted: Stream, replicas: number): Promise<void> {
  try {
    await jsm.streams.update(wanted.name, { ...wanted, num_replicas: replicas })
  } catch (error) {
    if (!(error instanceof NatsError) || !error.isJetStreamError()) throw error
  }
}

/** JetStream's code for an existing consumer with another configuration. */
const CONSUMER_EXISTS = 10_148

/** Up to NATS 2.9, adding a consumer also updates an existing one; newer servers refuse that. */
async function ensureConsumer(
  jsm: JetStreamManager,
  stream: string,
  config: (typeof CONSUMER_CONFIGS)[number]['config'],
): Promise<void> {
  try {
    await jsm.consumers.add(stream, config)
  } catch (error) {
    if (!(error instanceof NatsError) || error.api_error?.err_code !== CONSUMER_EXISTS) throw error
    await jsm.consumers.update(stream, config.durable_name, config)
  }
}

async function awaitStream(jsm: JetStreamManager, wanted: Stream, waitMs: number): Promise<void> {
  const deadline = performance.now() + waitMs
  for (;;) {
    const existing = await findStream(jsm, wanted.name)
    if (existing !== undefined && agrees(existing, wanted)) return
    if (performance.now() > deadline) {
      throw new StreamsMissingError(
        `The stream ${wanted.name} ${existing === undefined ? 'does not exist' : 'has another configuration than this release expects'}, and ` +
          `this NATS user may not change that. Waited ${waitMs / 1_000} s for the fetcher to do it`,
      )
    }
    await delay(POLL_INTERVAL_MS)
  }
}

/** Whether a stream has every setting of `wanted`. */
function agrees(existing: StreamConfig, wanted: Stream): boolean {
  const actual = new Map<string, unknown>(Object.entries(existing))
  return Object.entries(wanted).every(([key, value]) => isDeepStrictEqual(actual.get(key), value))
}

const isRefusal = (error: unknown): boolean =>
  error instanceof NatsError && error.code === ErrorCode.PermissionsViolation

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

/** Deletes one message from its stream. */
export async function deleteMessage(bus: Bus, stream: string, sequence: number): Promise<void> {
  const jsm = await bus.nc.jetstreamManager()
  await jsm.streams.deleteMessage(stream, sequence)
}

/** A stored message. */
export interface StoredMessage {
  readonly sequence: number
  readonly at: Date
  readonly subject: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** One message of a stream; undefined if it was deleted. */
export async function storedMessage(
  bus: Bus,
  stream: string,
  sequence: number,
): Promise<StoredMessage | undefined> {
  const jsm = await bus.nc.jetstreamManager()
  try {
    const found = await jsm.streams.getMessage(stream, { seq: sequence })
    const headers = Object.fromEntries(found.header.keys().map((name) => [name, found.header.get(name)]))
    return { sequence, at: found.time, subject: found.subject, headers, body: found.string() }
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.code === 404) return undefined
    throw error
  }
}

/** The oldest messages of a stream. */
export async function storedMessages(bus: Bus, stream: string, atMost: number): Promise<StoredMessage[]> {
  const jsm = await bus.nc.jetstreamManager()
  const { first_seq: first, last_seq: last } = (await jsm.streams.info(stream)).state
  const found: StoredMessage[] = []
  for (let sequence = Math.max(1, first); sequence <= last && found.length < atMost; sequence += 1) {
    const message = await storedMessage(bus, stream, sequence)
    if (message !== undefined) found.push(message)
  }
  return found
}
