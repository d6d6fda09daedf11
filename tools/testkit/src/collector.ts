import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from './test-context.ts'

/** One export of spans. */
export interface SpanExport {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** OTLP as JSON. */
  readonly body: string
}

/** An OTLP/HTTP collector that keeps the exports. */
export async function startCollector(t: TestContext) {
  const exports: SpanExport[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    exports.push({ path: request.url ?? '', headers: request.headers, body })
    response.setHeader('content-type', 'application/json').end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    exports: (): readonly SpanExport[] => exports,
    text: () => exports.map(({ body }) => body).join('\n'),
  }
}
