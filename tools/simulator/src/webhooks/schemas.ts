import { type Static, Type } from 'typebox'
import { StravaIdSchema } from '../ids.ts'

const webhookFaultScope = {
  objectType: Type.Optional(Type.String()),
  aspectType: Type.Optional(Type.String()),
  athleteId: Type.Optional(StravaIdSchema),
  count: Type.Optional(Type.Integer({ minimum: 1 })),
  probability: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
}

/** Kinds of faults in the delivery of an event. */
export const WebhookFaultSchema = Type.Union([
  /** Never sent. */
  Type.Object({ ...webhookFaultScope, kind: Type.Literal('lost') }, { additionalProperties: false }),
  /** Sent this many times in all (default 2). */
  Type.Object(
    {
      ...webhookFaultScope,
      kind: Type.Literal('doubled'),
      copies: Type.Optional(Type.Integer({ minimum: 2 })),
    },
    { additionalProperties: false },
  ),
  /** Held until the next event of the same athlete was sent (or until `idle` is asked for). */
  Type.Object({ ...webhookFaultScope, kind: Type.Literal('reordered') }, { additionalProperties: false }),
  /** Sent only after this delay. */
  Type.Object(
    { ...webhookFaultScope, kind: Type.Literal('late'), delayMs: Type.Integer({ minimum: 0 }) },
    { additionalProperties: false },
  ),
])
export type WebhookFault = Static<typeof WebhookFaultSchema>
export type ActiveWebhookFault = WebhookFault & { id: string; hits: number }

const eventFields = {
  /** `activity` or `athlete` from Strava; any text in an event made by hand. */
  objectType: Type.String(),
  /** `create`, `update` or `delete` from Strava; any text in an event made by hand. */
  aspectType: Type.String(),
  objectId: StravaIdSchema,
  ownerId: StravaIdSchema,
}

/** An event (Strava API docs, webhooks). On the wire its ids are JSON numbers. */
export const WebhookEventSchema = Type.Object({
  ...eventFields,
  /** Epoch seconds. */
  eventTime: Type.Integer(),
  subscriptionId: Type.Integer(),
  updates: Type.Record(Type.String(), Type.String()),
})
export type WebhookEvent = Static<typeof WebhookEventSchema>

/** An event made by hand; time and subscription default to now and the subscription there is. */
export const CustomEventSchema = Type.Object(
  {
    ...eventFields,
    eventTime: Type.Optional(Type.Integer()),
    subscriptionId: Type.Optional(Type.Integer()),
    updates: Type.Optional(Type.Record(Type.String(), Type.String())),
  },
  { additionalProperties: false },
)
export type CustomEvent = Static<typeof CustomEventSchema>

export const SubscriptionSchema = Type.Object({
  id: Type.Integer(),
  callbackUrl: Type.String(),
})
export type Subscription = Static<typeof SubscriptionSchema>

export const DeliveryAttemptSchema = Type.Object({
  /** Epoch ms on the simulator's clock. */
  at: Type.Number(),
  /** HTTP status, or null if there was no answer in time. */
  status: Type.Union([Type.Integer(), Type.Null()]),
})

/** Delivery state of an event. `lost`: a fault swallowed it. `failed`: three attempts, none answered 200. */
export const DeliverySchema = Type.Object({
  event: WebhookEventSchema,
  outcome: Type.Union([
    Type.Literal('pending'),
    Type.Literal('delivered'),
    Type.Literal('failed'),
    Type.Literal('lost'),
  ]),
  attempts: Type.Array(DeliveryAttemptSchema),
})
export type Delivery = Static<typeof DeliverySchema>
