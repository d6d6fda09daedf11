import { type Bus, publishSignal } from '@ikigai/bus'

/** Replies to the requests that wait for a first page. */
export function notifyOutcome(
  bus: Pick<Bus, 'nc'>,
  inboxes: readonly string[],
  outcome: 'stored' | 'waiting',
): void {
  for (const inbox of inboxes) publishSignal(bus, inbox, { outcome })
}
