import { startSimulator } from '@ikigai/simulator'
import t from 'tap'
import { readText } from './texts.ts'

t.test('documented: every call of the simulator’s admin API can be made as it is shown', async (t) => {
  const simulator = await startSimulator({ settings: { webhookRetryDelayMs: 5 } })
  t.teardown(() => simulator.close())
  simulator.admin.createAthlete({ id: '77', activities: 3 })
  const text = readText('tools/simulator/README.md')
  const examples = [...text.matchAll(/`curl (?:-X ([A-Z]+) )?\$S(\S*)(?: -d '([^']*)')?(?: >[^`]*)?`/g)]
  t.ok(examples.length > 20, `${examples.length} examples`)
  for (const [, given, path = '', body] of examples) {
    const [newest] = simulator.admin.activities('77')
    const method = given ?? (body === undefined ? 'GET' : 'POST')
    const url = `${simulator.url}/simulator${path.replace(/\/5\b/, `/${newest?.id}`)}`
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
    const response = await fetch(url, { method, headers, body: body ?? null })
    t.ok(response.status < 400, `${method} ${path} ${response.status} ${await response.text()}`)
  }
})
