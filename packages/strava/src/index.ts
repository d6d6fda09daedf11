export type { ActivityDetail, ActivityPage, SkippedItem, SummaryEnvelope } from './activities.ts'
export type { StravaAthlete } from './athlete.ts'
export {
  type ActivityQuery,
  createStravaClient,
  type StravaClient,
  type StravaClientOptions,
  type SubscriptionRequest,
} from './client.ts'
export {
  follow,
  type KnownHistory,
  oldestSeen,
  oldestSeenWith,
  pageSize,
  type ShownPage,
  savesTheEnd,
  WALK_START,
  type Walk,
  type WalkStep,
} from './history-walk.ts'
export { toJsonbText } from './jsonb-text.ts'
export {
  type CounterReading,
  parseRateLimit,
  type RateLimitReading,
  type WindowReading,
} from './rate-limit.ts'
export type { StravaError, StravaErrorKind, StravaFault, StravaMeta, StravaResult } from './result.ts'
export { REQUESTED_SCOPES, type ReadingRights, readingRights } from './scopes.ts'
export { isCoarserType, LEGACY_TYPE_OF, OTHER_LEGACY_TYPE } from './sport-types.ts'
export { parseStravaId, type StravaId } from './strava-id.ts'
export type { StravaSubscription } from './subscriptions.ts'
export type { StravaTokens } from './tokens.ts'
export {
  eventKey,
  parseWebhookEvent,
  type StravaWebhookEvent,
  type WebhookEventResult,
  type WebhookFault,
} from './webhook-event.ts'
export { checkSignature, type SignatureVerdict, type SignedCall } from './webhook-signature.ts'
