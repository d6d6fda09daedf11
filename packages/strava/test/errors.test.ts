import t, { type Test } from 'tap'
import type { StravaClient, StravaError, StravaResult } from '../src/index.ts'
import { answering, fixtureNames, replaying, SECRETS } from './support.ts'

type Call = (client: StravaClient) => Promise<StravaResult<unknown>>

const getActivity: Call = (client) => client.getActivity(SECRETS.accessToken, '1928897192')
const listActivities: Call = (client) => client.listActivities(SECRETS.accessToken, { perPage: 200 })
const refreshToken: Call = (client) => client.refreshToken(SECRETS.refreshToken)
const createSubscription: Call = (client) =>
  client.createSubscription({ callbackUrl: 'https://ikigai.example/webhook', verifyToken: 'v' })

async function errorOf(t: Test, result: StravaResult<unknown>): Promise<Partial<StravaError>> {
  t.equal(result.ok, false)
  const text = JSON.stringify(result)
  for (const secret of Object.values(SECRETS)) t.notMatch(text, secret, 'no secret in the result')
  if (result.ok) return {}
  t.ok(result.error.message.length < 100, 'a short message')
  return result.error
}

const FIXTURES: Record<string, { call: Call; error: Partial<StravaError> }> = {
  '400-after-in-future': {
    call: listActivities,
    error: { kind: 'bad_request', faults: [{ resource: 'Application', field: 'after', code: 'future' }] },
  },
  '400-authorization-code-invalid-2023': { call: refreshToken, error: { kind: 'invalid_grant' } },
  '400-client_id-missing': { call: refreshToken, error: { kind: 'invalid_client' } },
  '400-redirect_uri-invalid': { call: refreshToken, error: { kind: 'bad_request' } },
  '400-refresh-token-invalid-2026': { call: refreshToken, error: { kind: 'invalid_grant' } },
  '400-token-invalid': { call: refreshToken, error: { kind: 'invalid_client' } },
  '400-token-invalid-code-2018': { call: refreshToken, error: { kind: 'invalid_grant' } },
  '400-token-invalid-code-handmade': { call: refreshToken, error: { kind: 'invalid_grant' } },
  '401-application-invalid-2020': { call: getActivity, error: { kind: 'unauthorized' } },
  '401-application-invalid-2026': { call: getActivity, error: { kind: 'unauthorized' } },
  '401-athlete-access_token-invalid-handmade': { call: listActivities, error: { kind: 'unauthorized' } },
  '401-read_permission-missing': {
    call: listActivities,
    error: { kind: 'scope_missing', field: 'activity:read_permission' },
  },
  '403-application-inactive-2026': { call: listActivities, error: { kind: 'application_inactive' } },
  '404-activity-not-found-2026': { call: getActivity, error: { kind: 'not_found' } },
  '404-athlete-path-2026': { call: getActivity, error: { kind: 'bad_request' } },
  '404-empty-body-2020': { call: getActivity, error: { kind: 'not_found' } },
  '404-path-invalid-2026': { call: getActivity, error: { kind: 'bad_request' } },
  '429-handmade-alternative': { call: getActivity, error: { kind: 'rate_limited' } },
  '429-rate-limit-exceeded-real-log-2018': { call: getActivity, error: { kind: 'rate_limited' } },
  '429-rate-limited-handmade': {
    call: listActivities,
    error: {
      kind: 'rate_limited',
      usage: {
        overall: { quarterHour: { limit: 100, used: 101 }, day: { limit: 1000, used: 350 } },
        read: { quarterHour: { limit: 100, used: 101 }, day: { limit: 1000, used: 350 } },
      },
    },
  },
  '500-corrupt-activity': { call: getActivity, error: { kind: 'unavailable', status: 500 } },
  '500-internal-server-error-handmade': { call: getActivity, error: { kind: 'unavailable', status: 500 } },
  '500-service-unavailable-handmade': { call: getActivity, error: { kind: 'unavailable', status: 500 } },
}

t.test('errors: every recorded error has its kind', async (t) => {
  t.strictSame(
    fixtureNames('errors').sort(),
    Object.keys(FIXTURES)
      .map((name) => `errors/${name}`)
      .sort(),
    'no fixture is left out',
  )
  for (const [name, { call, error }] of Object.entries(FIXTURES)) {
    const { client } = await replaying(t, `errors/${name}`)
    t.match(await errorOf(t, await call(client)), error, name)
  }
})

t.test('errors: the counts of an error answer are in its meta', async (t) => {
  const { client } = await replaying(t, 'errors/404-activity-not-found-2026')
  const { meta } = await getActivity(client)
  t.match(meta, {
    status: 404,
    usage: { read: { quarterHour: { limit: 300, used: 1 }, day: { limit: 3000, used: 30 } } },
  })
})

const HTML = '<!DOCTYPE html><html><body>Something went wrong</body></html>'

t.test('errors: an answer that is not the API speaking means that Strava is unavailable', async (t) => {
  for (const status of [200, 301, 302, 304, 400, 401, 404, 500, 502, 503, 504, 597]) {
    const { client } = await answering(t, status, status === 304 ? '' : HTML, {
      'content-type': 'text/html',
      location: 'https://elsewhere.example/login',
    })
    for (const call of [getActivity, refreshToken, createSubscription]) {
      t.match(await errorOf(t, await call(client)), { kind: 'unavailable', status }, `HTTP ${status}`)
    }
  }
})

t.test('errors: a plain text 401 or 404 from a proxy ends no grant and deletes no activity', async (t) => {
  for (const status of [400, 401, 404]) {
    const { client } = await answering(t, status, `${status} page not found`)
    t.match(await errorOf(t, await getActivity(client)), { kind: 'unavailable', status })
    t.match(await errorOf(t, await refreshToken(client)), { kind: 'unavailable', status })
  }
})

t.test('403: capacity in JSON and in HTML, and all others', async (t) => {
  const cases: [body: string, kind: StravaError['kind']][] = [
    ['{"message":"Limit of connected athletes exceeded"}', 'athlete_capacity'],
    ['<html><h1>Error 403: Limit of connected athletes exceeded</h1></html>', 'athlete_capacity'],
    [
      '{"message":"Forbidden","errors":[{"resource":"Application","field":"connected athletes","code":"exceeded"}]}',
      'athlete_capacity',
    ],
    [
      '{"message":"Forbidden","errors":[{"resource":"Application","field":"status","code":"inactive"}]}',
      'application_inactive',
    ],
    ['<html>Request blocked. Generated by cloudfront (CloudFront)</html>', 'forbidden'],
    ['{"message":"Forbidden","errors":"Inactive"}', 'forbidden'],
    ['', 'forbidden'],
  ]
  for (const [body, kind] of cases) {
    const { client } = await answering(t, 403, body)
    t.match(await errorOf(t, await refreshToken(client)), { kind }, body)
    t.match(await errorOf(t, await getActivity(client)), { kind }, body)
  }
})

t.test('errors: errors in shapes that nobody promised', async (t) => {
  const cases: [status: number, body: string, kind: StravaError['kind']][] = [
    [401, '', 'unauthorized'],
    [401, 'null', 'unauthorized'],
    [401, '{}', 'unauthorized'],
    [401, '{"errors":null}', 'unauthorized'],
    [401, '{"errors":{"field":"activity:read_permission","code":"missing"}}', 'unauthorized'],
    [401, '{"errors":[null,1,"x",[],{"field":1,"code":{}}]}', 'unauthorized'],
    [401, '{"errors":[null,{"field":"activity:read_permission","code":"missing"}]}', 'scope_missing'],
    [400, '', 'bad_request'],
    [400, '{"errors":"after is in the future"}', 'bad_request'],
    [422, '{"message":"?"}', 'bad_request'],
    [402, '{"message":"Payment Required"}', 'bad_request'],
    [404, '{}', 'not_found'],
    [429, HTML, 'rate_limited'],
    [429, '', 'rate_limited'],
    [500, '[[[', 'unavailable'],
    [400, `{"errors":${'['.repeat(60_000)}`, 'unavailable'],
    [400, JSON.stringify({ message: 'x'.repeat(200_000) }), 'unavailable'],
  ]
  for (const [status, body, kind] of cases) {
    const { client } = await answering(t, status, body)
    t.match(await errorOf(t, await getActivity(client)), { kind }, `${status} ${body.slice(0, 60)}`)
  }
})

t.test('errors: faults are few and short, whatever Strava sends', async (t) => {
  const errors = Array.from({ length: 50 }, () => ({ resource: 'r'.repeat(500), field: 'f', code: 'c' }))
  const { client } = await answering(t, 400, JSON.stringify({ errors }))
  const error = await errorOf(t, await getActivity(client))
  const faults = error.kind === 'bad_request' ? error.faults : undefined
  t.equal(faults?.length, 10)
  t.equal(faults?.[0]?.resource.length, 100)
})

t.test('the token endpoint: client and grant errors are distinguished', async (t) => {
  const cases: [status: number, body: string, kind: StravaError['kind']][] = [
    [
      401,
      '{"message":"Authorization Error","errors":[{"resource":"Application","field":"","code":"invalid"}]}',
      'invalid_client',
    ],
    [401, '', 'invalid_client'],
    [
      400,
      '{"errors":[{"resource":"Application","field":"client_secret","code":"invalid"}]}',
      'invalid_client',
    ],
    [400, '{"errors":[{"resource":"Application","field":"code","code":"missing"}]}', 'bad_request'],
    [400, '{"errors":[{"resource":"RefreshToken","field":"refresh_token","code":"missing"}]}', 'bad_request'],
    [400, '{"message":"Bad Request"}', 'bad_request'],
    [400, '', 'bad_request'],
    [400, '{"error":"invalid_grant"}', 'invalid_grant'],
    [400, '{"error":"invalid_client"}', 'invalid_client'],
  ]
  for (const [status, body, kind] of cases) {
    const { client } = await answering(t, status, body)
    t.match(await errorOf(t, await refreshToken(client)), { kind }, body)
  }
})

t.test('errors: Retry-After in seconds or as a date, by the clock of Strava', async (t) => {
  const date = 'Tue, 24 Nov 2026 10:00:00 GMT'
  const cases: [header: string, retryAfterMs: number | undefined][] = [
    ['90', 90_000],
    ['0', 0],
    ['Tue, 24 Nov 2026 10:05:00 GMT', 300_000],
    ['Tue, 24 Nov 2026 09:00:00 GMT', 0],
    ['soon', undefined],
    ['-1', undefined],
    ['', undefined],
  ]
  for (const [header, retryAfterMs] of cases) {
    const { client } = await answering(t, 429, '', { date, 'retry-after': header })
    const error = await errorOf(t, await getActivity(client))
    t.equal(error.kind === 'rate_limited' && error.retryAfterMs, retryAfterMs, header)
  }
})
