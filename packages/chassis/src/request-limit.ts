import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'

/** How many requests each key may make in a fixed window, counted in this process. */
export interface RequestLimit {
  readonly keyOf: (request: FastifyRequest) => string
  readonly limit: number | ((request: FastifyRequest) => number)
  readonly windowMs: number
  /** Milliseconds since any fixed moment; by default those of the monotonic clock. */
  readonly now?: () => number
  /** Called for each request within the limit. */
  readonly onAccepted?: (state: LimitState, reply: FastifyReply) => void
  /** Makes the error that answers a request beyond the limit. */
  readonly refusal: (state: LimitState, reply: FastifyReply) => Error
}

/** Where a key stands, the present request counted. */
export interface LimitState {
  readonly limit: number
  readonly remaining: number
  /** Whole seconds until the window ends, at least one. */
  readonly resetSeconds: number
}

interface Window {
  count: number
  readonly startedAt: number
}

const monotonic = () => performance.now()

/** Keys counted at once; the least recently seen is evicted. */
const MAX_KEYS = 20_000

/**
 * Counts the requests of this scope once their head is read, and rejects those beyond the limit. Hooks that are added to the
 * scope later run after it. It makes no promise: that would cost several times what counting does.
 */
export function limitByKey(scope: FastifyInstance, options: RequestLimit): void {
  const { keyOf, limit: limitOf, windowMs, onAccepted, refusal } = options
  const { now: read = monotonic } = options
  const windows = new LRUCache<string, Window>({ max: MAX_KEYS })

  scope.addHook('onRequest', (request, reply, done) => {
    const key = keyOf(request)
    const now = read()
    let window = windows.get(key)
    if (window === undefined || now - window.startedAt >= windowMs) {
      window = { count: 0, startedAt: now }
      windows.set(key, window)
    }
    window.count += 1
    const limit = typeof limitOf === 'number' ? limitOf : limitOf(request)
    const resetSeconds = Math.max(1, Math.ceil((windowMs - (now - window.startedAt)) / 1_000))
    const state = { limit, remaining: Math.max(0, limit - window.count), resetSeconds }
    if (window.count > limit) return done(refusal(state, reply))
    onAccepted?.(state, reply)
    done()
  })
}
