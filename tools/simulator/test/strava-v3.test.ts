import { createRequire } from 'node:module'
import type { Strava } from 'strava-v3'
import t from 'tap'
import { call, receiver, simulator, textAt } from './helper.ts'

/** The part of its axios that is needed to send a client, which knows one Strava only, here. */
interface StravaAxios {
  axiosInstance: {
    defaults: { baseURL: string }
    interceptors: { request: { use(change: (config: { url: string }) => { url: string }): number } }
  }
}

const require = createRequire(import.meta.url)
const strava: Strava = require('strava-v3')
const { axiosInstance }: StravaAxios = require('strava-v3/axiosUtility.js')

t.test('a client from npm: sign-in, list, detail, limits, webhooks, the end', async (t) => {
  const simulated = await simulator(t, { clock: { now: () => Date.now() } })
  const hook = await receiver(t)
  const { id } = simulated.admin.createAthlete({ activities: 40, privateShare: 0, manualShare: 0 })
  axiosInstance.defaults.baseURL = simulated.apiUrl
  axiosInstance.interceptors.request.use((config) => {
    config.url = config.url.replace('https://www.strava.com', simulated.url)
    return config
  })
  strava.config({
    client_id: simulated.clientId,
    client_secret: simulated.clientSecret,
    redirect_uri: 'http://localhost:3000/callback',
  })

  const pageUrl = strava.oauth.getRequestAccessURL({ scope: 'read,activity:read_all', state: 's' })
  const decided = `${pageUrl.replace('https://www.strava.com', simulated.url)}&athlete=${id}&decision=authorize`
  const { headers } = await call(decided)
  const code = new URL(headers.get('location') ?? '').searchParams.get('code') ?? ''
  const tokens = await strava.oauth.getToken(code)
  t.equal(String(tokens.athlete?.id), id)
  t.equal(tokens.token_type, 'Bearer')

  const client = new strava.client(tokens.access_token)
  t.equal(textAt(await client.athlete.get({}), 'id'), id)
  const first = await client.athlete.listActivities({ per_page: 30 })
  const second = await client.athlete.listActivities({ per_page: 30, page: 2 })
  t.same(
    [...first, ...second].map((activity) => textAt(activity, 'id')),
    simulated.admin.activities(id).map((activity) => activity.id),
  )
  const newest = textAt(first[0], 'id')
  const detail = await client.activities.get({ id: newest })
  t.equal(textAt(detail, 'id'), newest)
  t.equal(detail.resource_state, 3)
  t.match(client.rateLimiting, { shortTermLimit: 200, longTermLimit: 2000, readShortTermLimit: 100 })
  t.match(client.rateLimiting, { shortTermUsage: 4, readShortTermUsage: 4, readLongTermUsage: 4 })
  t.equal(client.rateLimiting.readFractionReached(), 0.04)

  t.same(await strava.pushSubscriptions.list(), [])
  const subscription = await strava.pushSubscriptions.create({ callback_url: hook.url, verify_token: 'v' })
  t.equal(simulated.admin.subscription()?.id, subscription.id)
  t.match(await strava.pushSubscriptions.list(), [{ id: subscription.id, callback_url: hook.url }])
  simulated.admin.updateActivity(newest, { name: 'Renamed' })
  await simulated.admin.idle()
  t.match(hook.events(), [{ aspect_type: 'update', updates: { title: 'Renamed' } }])
  await strava.pushSubscriptions.delete({ id: String(subscription.id) })
  t.same(await strava.pushSubscriptions.list(), [])

  const refreshed = await strava.oauth.refreshToken(tokens.refresh_token)
  t.equal(refreshed.access_token, tokens.access_token)
  t.match(await failure(strava.oauth.refreshToken(tokens.refresh_token)), { statusCode: 400 })
  t.same(await strava.oauth.deauthorize({ access_token: tokens.access_token }), {
    access_token: tokens.access_token,
  })
  t.match(await failure(client.athlete.get({})), { statusCode: 401 })
  t.match(simulated.admin.counters().calls, {
    authorize: 1,
    token: 1,
    refresh: 2,
    athlete: 2,
    list: 2,
    detail: 1,
    subscription: 5,
    deauthorize: 1,
  })
})

function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}
