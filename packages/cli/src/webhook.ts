import {
  type Environment,
  loadConfig,
  stravaApiSettings,
  stravaApplicationSettings,
  webhookSettings,
} from '@ikigai/chassis/config'
import { createStravaClient, type StravaClient, type StravaResult } from '@ikigai/strava'
import { type Command, CommandError, idOf, table } from './command.ts'

function clientOf(env: Environment): StravaClient {
  const config = loadConfig(env, { ...stravaApiSettings, ...stravaApplicationSettings })
  return createStravaClient({
    apiUrl: config.stravaApiUrl,
    oauthUrl: config.stravaApiUrl,
    revokePath: 'revoke',
    clientId: config.stravaClientId,
    clientSecret: config.stravaClientSecret,
    now: () => Date.now(),
  })
}

function answerOf<T>(result: StravaResult<T>): T {
  if (result.ok) return result.value
  const { error } = result
  const faults = error.kind === 'bad_request' ? error.faults.map(({ field, code }) => `${field} ${code}`) : []
  throw new CommandError([error.message, ...faults].join('; '))
}

/** `webhook list` */
export const webhookList: Command = {
  usage: 'webhook list',
  does: 'the push subscription at Strava',
  run: async (_, env) => {
    const found = answerOf(await clientOf(env).listSubscriptions())
    const rows = found.map(({ id, callbackUrl }) => [id, withoutSecret(callbackUrl ?? '')])
    const value = rows.map(([id, callback_url]) => ({ id, callback_url }))
    return { value, text: rows.length === 0 ? 'No subscription.' : table([['id', 'callback'], ...rows]) }
  },
}

/** `webhook create` */
export const webhookCreate: Command = {
  usage: 'webhook create',
  does: 'makes the push subscription; ingest must be within reach of Strava',
  run: async (_, env) => {
    const { webhookUrl, stravaWebhookSecret, stravaWebhookVerifyToken } = loadConfig(env, webhookSettings)
    const callbackUrl = `${webhookUrl}/webhooks/strava/${stravaWebhookSecret}`
    const request = { callbackUrl, verifyToken: stravaWebhookVerifyToken }
    const { id } = answerOf(await clientOf(env).createSubscription(request))
    return { value: { id, callback_url: withoutSecret(callbackUrl) }, text: `Subscription ${id} made.` }
  },
}

/** `webhook delete` */
export const webhookDelete: Command = {
  usage: 'webhook delete <id>',
  does: 'ends a push subscription',
  run: async ([text], env) => {
    const id = idOf(text, 'The id of a subscription')
    answerOf(await clientOf(env).deleteSubscription(id))
    return { value: { id }, text: `Subscription ${id} ended.` }
  },
}

/** The last segment of the webhook's path is a secret. */
const withoutSecret = (url: string) => url.replace(/(\/webhooks\/strava\/).+$/, '$1…')
