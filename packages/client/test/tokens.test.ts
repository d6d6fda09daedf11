import t from 'tap'
import { createClient, type GetToken, ProblemError } from '../src/index.ts'

/** An API that takes one token at a time, and counts the requests. */
function apiOf(valid: string | undefined) {
  const api = {
    valid,
    sent: [] as (string | null)[],
    fetch: async (_url: unknown, init?: { readonly headers?: unknown }): Promise<Response> => {
      const token = new Headers(Object(init?.headers)).get('authorization')
      api.sent.push(token)
      return token === `Bearer ${api.valid}` ? Response.json({ id: '42' }) : refusal()
    },
  }
  return api
}

const refusal = () =>
  Response.json(
    { type: '/problems/sign-in-needed', title: 'Sign in', status: 401, detail: 'There is no valid session.' },
    { status: 401 },
  )

const clientOf = (api: ReturnType<typeof apiOf>, getToken?: GetToken, token?: string) =>
  createClient({ baseUrl: 'https://ikigai.example/', token, getToken, fetch: api.fetch })

t.test('getToken: gives the first token', async (t) => {
  const api = apiOf('a')
  const { data } = await clientOf(api, () => 'a').getMe()
  t.match(data, { id: '42' })
  t.strictSame(api.sent, ['Bearer a'])
})

t.test('getToken: many requests refused at once ask for one new token', async (t) => {
  const api = apiOf('new')
  const asked: (string | undefined)[] = []
  const client = clientOf(
    api,
    async (refused) => {
      asked.push(refused)
      return 'new'
    },
    'old',
  )
  const answers = await Promise.all([client.getMe(), client.getImport(), client.getStatus()])
  for (const { error } of answers) t.equal(error, undefined)
  t.strictSame(asked, ['old'])
  t.equal(api.sent.length, 6)
  await client.getMe()
  t.strictSame(api.sent.slice(6), ['Bearer new'])
})

t.test(
  'getToken: a new token that is refused as well is not renewed again by the same request',
  async (t) => {
    const api = apiOf(undefined)
    let asked = 0
    const { error } = await clientOf(api, () => `token ${++asked}`, 'token 0').getMe()
    t.equal(error?.type, '/problems/sign-in-needed')
    t.equal(asked, 1)
    t.strictSame(api.sent, ['Bearer token 0', 'Bearer token 1'])
  },
)

t.test('getToken: without a new token the 401 is the answer', async (t) => {
  const api = apiOf('new')
  const { error, response } = await clientOf(api, () => undefined, 'old').getMe()
  t.equal(error?.type, '/problems/sign-in-needed')
  t.equal(response.status, 401)
  const following = clientOf(api, () => undefined, 'old').followImport()
  await t.rejects(following.next(), { name: 'ProblemError', status: 401 })
})

t.test('getToken: what it throws is thrown, and the next request asks again', async (t) => {
  const api = apiOf('new')
  let asked = 0
  const client = clientOf(
    api,
    () => {
      asked += 1
      if (asked === 1) throw new Error('offline')
      return 'new'
    },
    'old',
  )
  await t.rejects(client.getMe(), { message: 'offline' })
  t.match((await client.getMe()).data, { id: '42' })
})

t.test('tokens: an answer of a proxy is an error of its own type', async (t) => {
  const fetch = async () => new Response('<h1>Bad Gateway</h1>', { status: 502 })
  const client = createClient({ baseUrl: '', fetch })
  const { error } = await client.getMe()
  t.match(error, { type: 'about:blank', status: 502 })
  const thrown = new ProblemError(new Response(null, { status: 502, headers: { 'retry-after': '7' } }), {
    type: 'about:blank',
    title: 'Error',
    status: 502,
    detail: 'The server answered with 502.',
  })
  t.match(thrown, { status: 502, retryAfterSeconds: 7, message: 'The server answered with 502.' })
})

t.test('tokens: the export is read line by line, as text', async (t) => {
  const body = '{"kind":"activity","summary":{"id":9007199254740993}}\n{"kind":"end"}\n'
  const client = createClient({ baseUrl: '', fetch: async () => new Response(body) })
  const lines: string[] = []
  for await (const line of client.exportMe()) lines.push(line)
  t.strictSame(lines, body.trimEnd().split('\n'))
})
