import { SUBJECT_ROOT } from '@ikigai/contracts'
import { outbox } from '@ikigai/db'
import { like, notLike, type SQL } from 'drizzle-orm'

/** A message as it stands in the table. */
export type OutboxRow = typeof outbox.$inferSelect

/** Part of the outbox that is sent by itself. */
export interface Queue {
  readonly name: string
  /** Any fixed number: the relay that sends holds this advisory lock, so that messages leave in order. */
  readonly lockKey: number
  readonly which: SQL
  /** Whether a line can be of more than one message. */
  readonly isOrdered: boolean
  /** Messages of one line leave one after the other. */
  readonly lineOf: (row: OutboxRow) => string
}

const JOBS = `${SUBJECT_ROOT}.fetch.%`

/**
 * Jobs do not wait for events: the job of a sign-up, in whose request somebody waits, is not to stand behind the two
 * hundred events of another athlete's page. What a job asks for follows from what is stored, so jobs need no order.
 */
export const QUEUES: readonly Queue[] = [
  {
    name: 'jobs',
    lockKey: 4_154_815_130,
    which: like(outbox.subject, JOBS),
    isOrdered: false,
    lineOf: ({ id }) => String(id),
  },
  {
    name: 'events',
    lockKey: 4_154_815_131,
    which: notLike(outbox.subject, JOBS),
    isOrdered: true,
    lineOf: ({ athleteId }) => athleteId ?? '',
  },
]
