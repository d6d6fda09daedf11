import type { Registry } from 'prom-client'
import { TimeoutError, withTimeout } from './async/index.ts'
import { createHttp } from './http.ts'
import { describeError } from './log-error.ts'
import type { Logger } from './logger.ts'

/** Options of the health and metrics server, whose port is never public. */
export interface AdminServerOptions {
  readonly host: string
  readonly port: number
  /** Readiness checks, run on every `/readyz`; one that rejects or takes longer than 2 seconds makes it 503. */
  readonly checks: Readonly<Record<string, () => Promise<void>>>
  readonly registry: Registry
  readonly logger: Logger
  /** False: `/readyz` answers 503 until {@link AdminServer.setStarted}. True by default. */
  readonly started?: boolean
}

/** A running admin server. */
export interface AdminServer {
  readonly url: string
  /** Startup is complete: `/readyz` depends on the checks from now on. */
  setStarted(): void
  /** `/readyz` answers 503 from now on, so that no new work is sent here. */
  setClosing(): void
  close(): Promise<void>
}

const CHECK_TIMEOUT_MS = 2_000

/** Serves `/healthz` (the process is alive), `/readyz` (its dependencies answer) and `/metrics` (Prometheus text). */
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
  try {
    await withTimeout(CHECK_TIMEOUT_MS, check())
    return 'ok'
  } catch (error) {
    if (error instanceof TimeoutError) return 'no answer in time'
    return sentenceOf(error) ?? describeError(error).type
  }
}

/** The sentence of an error that is meant for operators. Messages of other errors may contain secrets. */
function sentenceOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('sentence' in error)) return undefined
  return typeof error.sentence === 'string' ? error.sentence : undefined
}
