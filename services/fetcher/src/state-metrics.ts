import { type Bus, consumerLags, streamFills } from '@ikigai/bus'
import { type Clock, type Logger, type Registry, registerStateGauges } from '@ikigai/chassis'
import { activities, backups, type Db, outbox } from '@ikigai/db'
import { count, max, min } from 'drizzle-orm'

/** Dependencies of {@link registerStateMetrics}. */
export interface StateMetricsDeps {
  readonly db: Db
  readonly bus: Bus
  readonly clock: Clock
  readonly logger: Logger
}

/** Registers gauges of the state in PostgreSQL and NATS. Every replica of the fetcher shows the same values. */
export function registerStateMetrics(registry: Registry, deps: StateMetricsDeps): void {
  registerOutbox(registry, deps)
  registerFreshness(registry, deps)
  registerBackups(registry, deps)
  registerMessaging(registry, deps)
}

const secondsSince = (at: Date | null | undefined, clock: Clock) =>
  Math.max(0, clock.now() - (at?.getTime() ?? clock.now())) / 1_000

function registerOutbox(registry: Registry, { db, clock, logger }: StateMetricsDeps): void {
  registerStateGauges({
    registry,
    logger,
    read: async () => {
      const [row] = await db.select({ messages: count(), oldest: min(outbox.createdAt) }).from(outbox)
      return { messages: row?.messages ?? 0, oldestSeconds: secondsSince(row?.oldest, clock) }
    },
    gauges: [
      {
        name: 'ikigai_outbox_messages',
        help: 'Messages in the outbox that are not published yet.',
        samples: ({ messages }) => [{ value: messages }],
      },
      {
        name: 'ikigai_outbox_oldest_age_seconds',
        help: 'Age of the oldest message in the outbox; 0 if it is empty.',
        samples: ({ oldestSeconds }) => [{ value: oldestSeconds }],
      },
    ],
  })
}

function registerFreshness(registry: Registry, { db, clock, logger }: StateMetricsDeps): void {
  registerStateGauges({
    registry,
    logger,
    read: async () => {
      const [row] = await db.select({ oldest: min(activities.confirmedAt) }).from(activities)
      return secondsSince(row?.oldest, clock)
    },
    gauges: [
      {
        name: 'ikigai_activities_oldest_age_seconds',
        help: 'Time since Strava last confirmed the activity whose confirmation is the oldest; 0 without activities.',
        samples: (seconds) => [{ value: seconds }],
      },
    ],
  })
}

function registerBackups(registry: Registry, { db, logger }: StateMetricsDeps): void {
  registerStateGauges({
    registry,
    logger,
    read: async () => {
      const [row] = await db.select({ last: max(backups.madeAt) }).from(backups)
      return (row?.last?.getTime() ?? 0) / 1_000
    },
    gauges: [
      {
        name: 'ikigai_backup_last_success_timestamp_seconds',
        help: 'When the last recorded backup of the database was made, in seconds since 1970; 0 if none is recorded.',
        samples: (seconds) => [{ value: seconds }],
      },
    ],
  })
}

function registerMessaging(registry: Registry, { bus, logger }: StateMetricsDeps): void {
  registerStateGauges({
    registry,
    logger,
    read: () => streamFills(bus),
    gauges: [
      {
        name: 'ikigai_stream_messages',
        help: 'Messages in a stream; those in DEAD are dead letters.',
        labelNames: ['stream'],
        samples: (fills) => fills.map(({ stream, messages }) => ({ labels: { stream }, value: messages })),
      },
      {
        name: 'ikigai_stream_fill_ratio',
        help: 'Messages in a stream as a share of those that it may hold: 0 to 1.',
        labelNames: ['stream'],
        samples: (fills) => fills.map(({ stream, ratio }) => ({ labels: { stream }, value: ratio })),
      },
      {
        name: 'ikigai_jetstream_missing_replicas',
        help: 'Replicas that a stream lacks to be on three servers of a cluster; 0 with a server without a cluster.',
        labelNames: ['stream'],
        samples: (fills) =>
          fills.map(({ stream, missingReplicas }) => ({ labels: { stream }, value: missingReplicas })),
      },
    ],
  })
  registerStateGauges({
    registry,
    logger,
    read: () => consumerLags(bus),
    gauges: [
      {
        name: 'ikigai_consumer_pending_messages',
        help: 'Messages of a stream that its consumer has not been given yet.',
        labelNames: ['stream', 'consumer'],
        samples: (lags) =>
          lags.map(({ stream, consumer, pending }) => ({ labels: { stream, consumer }, value: pending })),
      },
      {
        name: 'ikigai_consumer_unacknowledged_messages',
        help: 'Messages that a consumer has been given and has not acknowledged yet.',
        labelNames: ['stream', 'consumer'],
        samples: (lags) =>
          lags.map(({ stream, consumer, unacknowledged }) => ({
            labels: { stream, consumer },
            value: unacknowledged,
          })),
      },
    ],
  })
}
