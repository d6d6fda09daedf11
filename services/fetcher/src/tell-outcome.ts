import type { Bus } from '@ikigai/bus'

/** Tells the requests that wait for a first page what became of it. */
export function tellOutcome(
  { nc }: Pick<Bus, 'nc'>,
  inboxes: readonly string[],
  outcome: 'stored' | 'waiting',
): void {
  for (const inbox of inboxes) nc.publish(inbox, JSON.stringify({ outcome }))
}
