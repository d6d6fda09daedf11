import type { Registry } from 'prom-client'
import { createHttp } from './http.ts'
import { describeError } from './log-error.ts'
import type { Logger } from './logger.ts'

/** What a service tells its operators, on a port that is never public. */
export interface AdminServerOptions {
  readonly host: string
  readonly port: number
  /** Each is really asked on every `/readyz`; one that rejects or takes longer than 2 seconds makes it 503. */
  readonly checks: Readonly<Record<string, () => Promise<void>>>
  readonly registry: Registry
  readonly logger: Logger
  /** False: `/readyz` answers 503 until {@link AdminServer.setStarted}. True by default. */
  readonly started?: boolean
}

/** A running admin server. */
export interface AdminServer {
  readonly url: string
  /** The service has all that it needs, and works. */
  setStarted(): void
  /** `/readyz` answers 503 from now on, so that no new work is sent here. */
  setClosing(): void
  close(): Promise<void>
}

const CHECK_TIMEOUT_MS = 2_000

/** Serves `/healthz` (the process lives), `/readyz` (what it needs answers) and `/metrics` (Prometheus text). */
export async function createAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { host, port, checks, registry, logger } = options
  const app = createHttp({ logger: logger.child({}, { level: 'warn' }) })
  let { started = true } = options
  let closing = false
  app.get('/healthz', async () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    const entries = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await state(check)]),
    )
    const ready = started && !closing && entries.every(([, found]) => found === 'ok')
    if (!ready) reply.code(503)
    const status = closing ? 'closing' : !started ? 'starting' : ready ? 'ok' : 'unavailable'
    return { status, checks: Object.fromEntries(entries) }
  })
  app.get('/metrics', async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  )
  const url = await app.listen({ host, port })
  return {
    url,
    setStarted: () => {
      started = true
    },
    setClosing: () => {
      closing = true
    },
    close: () => app.close(),
  }
}

async function state(check: () => Promise<void>): Promise<string> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('no answer in time'), CHECK_TIMEOUT_MS)
  })
  try {
    return await Promise.race([
      check().then(
        () => 'ok',
        (error) => sentenceOf(error) ?? describeError(error).type,
      ),
      late,
    ])
  } finally {
    clearTimeout(timer)
  }
}

/** What an error that is meant for operators says; a message of any other error may hold anything. */
function sentenceOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('sentence' in error)) return undefined
  return typeof error.sentence === 'string' ? error.sentence : undefined
}
