import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from '@ikigai/testkit'

/** An OTLP/HTTP collector that keeps what it gets. */
export async function startCollector(t: TestContext) {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    bodies.push(body)
    response.setHeader('content-type', 'application/json').end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, text: () => bodies.join('\n') }
}
