import type { outbox } from '@ikigai/db'

/** A row of the table `outbox`. */
export type OutboxRow = typeof outbox.$inferSelect

/** Messages with the same key are published in order: those of an athlete. */
export const orderingKeyOf = ({ athleteId }: OutboxRow): string => athleteId ?? ''
