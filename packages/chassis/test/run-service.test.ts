import { spawn } from 'node:child_process'
import { eventually, freePort, programArguments, type TestContext } from '@ikigai/testkit'
import t from 'tap'

t.jobs = 2
const entry = new URL('programs/service.ts', import.meta.url)

async function start(t: TestContext, env: Readonly<Record<string, string>> = {}) {
  const port = await freePort()
  const child = spawn(process.execPath, programArguments(entry), {
    env: { PATH: process.env['PATH'], PORT: String(port), PASSWORD: 'a-password', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const output = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    output.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    output.err += chunk
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const says = (text: string) =>
    eventually(() => output.out.includes(text), { timeoutMs: 60_000, what: text })
  return { child, ended, output, says, url: `http://127.0.0.1:${port}` }
}

t.test('a configuration with faults: all of them at once, and 78', async (t) => {
  const { ended, output } = await start(t, { PORT: 'x', PASSWORD: '', START: 'maybe' })
  t.equal(await ended, 78)
  for (const name of ['PORT', 'PASSWORD', 'START']) t.match(output.err, name)
  t.equal(output.out, '')
})

t.test('a start that fails: 1, with the reason and without the secret in it', async (t) => {
  const { ended, output } = await start(t, { START: 'fails' })
  t.equal(await ended, 1)
  t.match(output.out, /"level":"fatal".*could not start/)
  t.notMatch(output.out + output.err, /hunter2|a-password/)
})

t.test('SIGTERM: the request under way is answered, then 0', async (t) => {
  const { child, ended, output, says, url } = await start(t)
  await says('"started"')
  const answer = fetch(`${url}/slow`)
  await says('slow begun')
  child.kill('SIGTERM')
  const response = await answer
  t.equal(response.status, 200)
  t.same(await response.json(), { done: true })
  t.equal(response.headers.get('connection'), 'close')
  t.equal(await ended, 0)
  t.match(output.out, '"stopped"')
  t.match(output.out, '"password":"[redacted]"')
  t.notMatch(output.out, 'a-password')
  await t.rejects(fetch(url))
})

t.test('SIGTERM: the service ends even if nobody reads its log any more', async (t) => {
  const { child, ended, says } = await start(t)
  await says('"started"')
  child.stdout.destroy()
  child.kill('SIGTERM')
  t.equal(await ended, 0)
})

t.test('SIGTERM while it waits to start: 0, at once', async (t) => {
  const { child, ended, says } = await start(t, { START: 'hangs' })
  await says('starting')
  child.kill('SIGTERM')
  t.equal(await ended, 0)
})

t.test('an error that nobody expected: it stops, with 1', async (t) => {
  const { ended, output, says, url } = await start(t)
  await says('"started"')
  await fetch(`${url}/crash`).catch(() => {})
  t.equal(await ended, 1)
  t.match(output.out, /"level":"fatal".*uncaughtException/)
  t.notMatch(output.out, 'abcdef')
})

t.test(
  'log: no line is lost at an exit, nor any line before an error when the process is killed',
  async (t) => {
    const linesOf = (text: string) => text.split('\n').filter((line) => line.includes('one of many')).length
    const exits = await start(t, { START: 'exits' })
    t.equal(await exits.ended, 3)
    t.equal(linesOf(exits.output.out), 1_000)
    const killed = await start(t, { START: 'is-killed' })
    t.equal(await killed.ended, null)
    t.equal(linesOf(killed.output.out), 1_000)
    t.match(killed.output.out, /the last one"\}\n$/)
  },
)

t.test('LOG_FORMAT: `pretty` writes readable lines with the fields and without secrets', async (t) => {
  const { child, ended, output, says } = await start(t, { LOG_FORMAT: 'pretty' })
  await says('started')
  child.kill('SIGTERM')
  t.equal(await ended, 0)
  t.match(output.out, /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: started \{.*"service":"example"/m)
  t.match(output.out, /INFO: stopped/, 'the last line as well')
  t.notMatch(output.out, 'a-password')
  t.notMatch(output.out, '\u001b', 'no colours where no terminal is')
})

t.test('LOG_FORMAT: `pretty` shows an error with its message, type and stack frames', async (t) => {
  const { ended, output } = await start(t, { LOG_FORMAT: 'pretty', START: 'fails' })
  t.equal(await ended, 1)
  t.match(output.out, /FATAL: could not start/)
  t.match(output.out, 'no start with password=[redacted]')
})
