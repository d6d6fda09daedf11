import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { parseExactJson } from './exact-json.ts'
import { Int64IdSchema, type StravaId } from './strava-id.ts'

/** The application's one webhook subscription. The answer to its creation may have only the id. */
export interface StravaSubscription {
  readonly id: StravaId
  readonly callbackUrl?: string | undefined
}

const SubscriptionSchema = Type.Object({
  id: Int64IdSchema,
  callback_url: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})

const One = Compile(SubscriptionSchema)
const Many = Compile(Type.Array(SubscriptionSchema))

/** Parses the answer to the creation of a subscription. */
export function parseSubscription(text: string): StravaSubscription | undefined {
  const value = parseExactJson(text)
  return One.Check(value) ? toSubscription(value) : undefined
}

/** Parses the list of subscriptions. */
export function parseSubscriptions(text: string): readonly StravaSubscription[] | undefined {
  const value = parseExactJson(text)
  return Many.Check(value) ? value.map(toSubscription) : undefined
}

function toSubscription(value: Type.Static<typeof SubscriptionSchema>): StravaSubscription {
  const { id, callback_url: callbackUrl } = value
  return { id: String(id), ...(typeof callbackUrl === 'string' && { callbackUrl }) }
}
