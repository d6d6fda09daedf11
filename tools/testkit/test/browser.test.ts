import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { browser } from '@ikigai/testkit'
import t, { type Test } from 'tap'

/** A server for the time of a test; resolves to its port. */
async function serve(
  t: Test,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<number> {
  const server = createServer(handle).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  return address !== null && typeof address === 'object' ? address.port : 0
}

function redirect(response: ServerResponse, status: number, location: string, cookie?: string): void {
  response.writeHead(status, { location, ...(cookie === undefined ? {} : { 'set-cookie': cookie }) }).end()
}

t.test('browser: it follows a sign-in over two hosts, with the cookies of each', async (t) => {
  const provider = await serve(t, (request, response) => {
    const back = new URL(request.url ?? '', 'http://x').searchParams.get('back') ?? ''
    response.setHeader('x-cookie', request.headers.cookie ?? '')
    redirect(response, 302, back, 'provider=yes')
  })
  const app = await serve(t, (request, response) => {
    if (request.url === '/login') {
      const back = encodeURIComponent(`http://127.0.0.1:${app}/callback`)
      redirect(
        response,
        302,
        `http://localhost:${provider}/authorize?back=${back}`,
        'state=abc; Path=/; HttpOnly',
      )
    } else if (request.url === '/callback') redirect(response, 303, '/home', 'session=s1; Path=/')
    else response.end(request.headers.cookie)
  })
  const user = browser()
  const page = await user.get(`http://127.0.0.1:${app}/login`)
  t.equal(page.url, `http://127.0.0.1:${app}/home`)
  t.equal(page.hops.length, 4)
  t.equal(page.body, 'state=abc; session=s1')
  t.equal(user.cookies.get('localhost', 'provider'), 'yes')
  t.equal(user.cookies.get('127.0.0.1', 'provider'), undefined)
  t.match(user.cookies.received, [/HttpOnly/, /provider/, /session/])
})

t.test('browser: a form is posted, and only 307 and 308 post it again', async (t) => {
  const port = await serve(t, (request, response) => {
    if (request.url === '/see-other') return redirect(response, 303, '/end')
    if (request.url === '/again') return redirect(response, 307, '/end')
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk
    })
    request.on('end', () => response.end(`${request.method} ${body}`))
  })
  const user = browser()
  const form = { name: 'a&b' }
  t.equal((await user.post(`http://127.0.0.1:${port}/see-other`, { form })).body, 'GET ')
  t.equal((await user.post(`http://127.0.0.1:${port}/again`, { form })).body, 'POST name=a%26b')
  const first = await user.post(`http://127.0.0.1:${port}/again`, { form, follow: false })
  t.equal(first.status, 307)
})

t.test('browser: cookies keep to their path, to https and to their time', async (t) => {
  const port = await serve(t, (request, response) => {
    if (request.url === '/set') {
      response.setHeader('set-cookie', ['here=1; Path=/here', 'safe=1; Path=/; Secure', 'all=1; Path=/'])
    }
    if (request.url === '/unset') response.setHeader('set-cookie', 'all=; Path=/; Max-Age=0')
    response.end(request.headers.cookie ?? '')
  })
  const user = browser()
  const at = async (path: string, host = '127.0.0.1') =>
    (await user.get(`http://${host}:${port}${path}`)).body
  await at('/set')
  t.equal(await at('/'), 'all=1')
  t.equal(await at('/here/too'), 'here=1; all=1')
  t.equal(await at('/hereafter'), 'all=1')
  await at('/set', 'localhost')
  t.equal(await at('/', 'localhost'), 'safe=1; all=1')
  await at('/unset')
  t.equal(await at('/'), '')
  user.cookies.set('127.0.0.1', 'own', '2')
  t.equal(await at('/'), 'own=2')
  user.cookies.clear()
  t.equal(await at('/here'), '')
})

t.test('browser: a loop of redirects ends', async (t) => {
  const port = await serve(t, (_request, response) => redirect(response, 302, '/again'))
  await t.rejects(browser().get(`http://127.0.0.1:${port}/`), { message: /More than 20 redirects/ })
})
