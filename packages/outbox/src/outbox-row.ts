import type { outbox } from '@ikigai/db'

/** A message as it stands in the table. */
export type OutboxRow = typeof outbox.$inferSelect

/** Messages of one line leave one after the other: those of an athlete. */
export const lineOf = ({ athleteId }: OutboxRow): string => athleteId ?? ''
