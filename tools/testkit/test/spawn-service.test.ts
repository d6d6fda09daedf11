import { fileURLToPath } from 'node:url'
import { spawnService } from '@ikigai/testkit'
import t from 'tap'

const entryFile = fileURLToPath(new URL('programs/service.ts', import.meta.url))

t.test(
  'spawnService: ready when /readyz says so, with the given environment, and ends on a signal',
  async (t) => {
    process.env['NOT_PASSED_ON'] = 'x'
    const service = await spawnService(t, entryFile, { GREETING: 'hello' })
    const answer: unknown = await (await fetch(service.url)).json()
    t.same(answer, { greeting: 'hello' })
    t.equal((await fetch(`${service.adminUrl}/readyz`)).status, 200)
    t.same(await service.kill(), { code: 0, signal: null })
    t.match(service.output(), 'stopping')
  },
)

t.test('spawnService: reports a killed service, and stops a running one with the test', async (t) => {
  let left: Promise<unknown> = Promise.resolve()
  await t.test('in here', async (t) => {
    const [killed, kept] = await Promise.all([spawnService(t, entryFile, {}), spawnService(t, entryFile, {})])
    t.same(await killed.kill('SIGKILL'), { code: null, signal: 'SIGKILL' })
    left = kept.exited
  })
  t.same(await left, { code: 0, signal: null })
})

t.test('spawn service: one that ends early is an error with what it wrote', async (t) => {
  await t.rejects(spawnService(t, entryFile, { FAIL: 'yes' }), { message: /ended before.*\n.*FAIL is set/ })
})
