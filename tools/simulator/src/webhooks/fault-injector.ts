import type { Random } from '../random.ts'
import type { ActiveWebhookFault, WebhookEvent, WebhookFault } from './schemas.ts'

/** The active webhook faults. */
export interface WebhookFaultInjector {
  add(fault: WebhookFault): ActiveWebhookFault
  list(): ActiveWebhookFault[]
  clear(): void
  /** Takes the faults that hit this event, and counts them as used. */
  draw(event: WebhookEvent): WebhookFault[]
}

function matches(fault: WebhookFault, event: WebhookEvent): boolean {
  const { objectType, aspectType, athleteId } = fault
  if (objectType !== undefined && objectType !== event.objectType) return false
  if (aspectType !== undefined && aspectType !== event.aspectType) return false
  return athleteId === undefined || athleteId === event.ownerId
}

/** Creates an injector without faults; `probability` is drawn from the given source. */
export function createWebhookFaultInjector(random: Random): WebhookFaultInjector {
  let faults: ActiveWebhookFault[] = []
  let lastId = 0
  return {
    add(fault) {
      lastId += 1
      const active = { ...fault, id: String(lastId), hits: 0 }
      faults.push(active)
      return { ...active }
    },
    list: () => faults.map((fault) => ({ ...fault })),
    clear() {
      faults = []
    },
    draw(event) {
      const drawn = faults.filter((fault) => matches(fault, event) && random.chance(fault.probability ?? 1))
      for (const fault of drawn) fault.hits += 1
      faults = faults.filter(({ count, hits }) => count === undefined || hits < count)
      return drawn
    },
  }
}
