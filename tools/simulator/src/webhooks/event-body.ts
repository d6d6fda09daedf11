import { idNumber, toJsonText } from '../json/json-text.ts'
import type { WebhookEvent } from './schemas.ts'

/** The JSON text of an event, members in the order of real ones (recorded 2023 and 2026). */
export function eventBody(event: WebhookEvent): string {
  return toJsonText({
    aspect_type: event.aspectType,
    event_time: event.eventTime,
    object_id: idNumber(event.objectId),
    object_type: event.objectType,
    owner_id: idNumber(event.ownerId),
    subscription_id: event.subscriptionId,
    updates: event.updates,
  })
}
