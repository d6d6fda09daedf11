import type { FastifyInstance, FastifyReply } from 'fastify'
import { badRequest } from '../api/strava-fault.ts'
import { isoSeconds } from '../athletes/summary.ts'
import { parametersOf } from '../http/parameters.ts'
import { limitHeaders } from '../limits/headers.ts'
import { requireClient } from '../oauth/client-credentials.ts'
import type { SimulatorState } from '../simulator-state.ts'
import { type Handshake, shakeHands } from './handshake.ts'
import type { SubscriptionRecord } from './subscriptions.ts'

const PATH = '/api/v3/push_subscriptions'
const MAX_CALLBACK_URL_LENGTH = 255

const REFUSALS: Record<Exclude<Handshake, 'verified'>, string> = {
  'not-200': 'GET to callback URL does not return 200',
  'not-verifiable': 'not verifiable',
}

function subscriptionJson(state: SimulatorState, subscription: SubscriptionRecord) {
  const createdAt = isoSeconds(Math.floor(subscription.createdAt / 1000))
  return {
    id: subscription.id,
    resource_state: 2,
    application_id: Number(state.clientId),
    callback_url: subscription.callbackUrl,
    created_at: createdAt,
    updated_at: createdAt,
  }
}

/** These calls carry the limits but use none of them up (recorded 2018: usage stayed at 0). */
function showLimits(state: SimulatorState, reply: FastifyReply): void {
  reply.headers(limitHeaders(state.limiter.limits(), state.limiter.usage()))
}

/** Checks a callback URL as a subscription's creation does. Throws Strava's refusal. */
async function verifyCallback(
  state: SimulatorState,
  callbackUrl: string | undefined,
  verifyToken: string,
): Promise<string> {
  if (callbackUrl === undefined || callbackUrl.length > MAX_CALLBACK_URL_LENGTH) {
    throw badRequest('PushSubscription', 'callback url', 'invalid')
  }
  if (state.subscriptions.get() !== null) throw badRequest('PushSubscription', '', 'already exists')
  const handshake = await shakeHands(callbackUrl, verifyToken, state.settings().webhookTimeoutMs)
  if (handshake !== 'verified') throw badRequest('PushSubscription', 'callback url', REFUSALS[handshake])
  if (state.subscriptions.get() !== null) throw badRequest('PushSubscription', '', 'already exists')
  return callbackUrl
}

/** `push_subscriptions`: create (with the handshake), view, delete. At most one per application. */
export function subscriptionRoutes(app: FastifyInstance, state: SimulatorState): void {
  const options = { config: { strava: { kind: 'subscription' } } } as const

  app.post(PATH, options, async (request, reply) => {
    const parameters = parametersOf(request)
    requireClient(state, parameters)
    showLimits(state, reply)
    const { callback_url: callbackUrl, verify_token: verifyToken = '' } = parameters
    const subscription = state.subscriptions.set(await verifyCallback(state, callbackUrl, verifyToken))
    return reply.code(201).send(subscriptionJson(state, subscription))
  })

  app.get(PATH, options, async (request, reply) => {
    requireClient(state, parametersOf(request))
    showLimits(state, reply)
    const subscription = state.subscriptions.get()
    return reply.send(subscription === null ? [] : [subscriptionJson(state, subscription)])
  })

  app.delete<{ Params: { id: string } }>(`${PATH}/:id`, options, async (request, reply) => {
    requireClient(state, parametersOf(request))
    showLimits(state, reply)
    if (String(state.subscriptions.get()?.id) !== request.params.id) {
      throw badRequest('PushSubscription', 'id', 'invalid')
    }
    state.subscriptions.remove()
    return reply.code(204).send()
  })
}
