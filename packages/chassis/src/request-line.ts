import { pino } from 'pino'
import type { Logger } from './logger.ts'
import { isTracing } from './tracing/index.ts'

/** What is logged of a request once it is answered. None of it holds a secret or has to be escaped, but for the route. */
export interface AnsweredRequest {
  readonly reqId: string
  readonly method: string
  /** The pattern of its route. */
  readonly route: string
  readonly status: number
  /** From its first byte to the end of its answer, whole milliseconds. */
  readonly ms: number
}

interface Parts {
  readonly stream: { write(line: string): void }
  readonly time: () => string
  /** Everything before the time, and everything between the time and the request. */
  readonly start: string
  readonly bindings: string
}

const { streamSym, timeSym, lsCacheSym, chindingsSym } = pino.symbols
const INFO = pino.levels.values['info'] ?? 30

/**
 * Logs requests. What all of their lines have in common is serialized once: pino looks at each field of a line for secrets,
 * serializers and types, which takes most of the time that a line costs.
 */
export function requestLines(logger: Logger): (request: AnsweredRequest) => void {
  const parts = partsOf(logger)
  const routes = new Map<string, string>()
  const quoted = (route: string) => {
    const known = routes.get(route)
    if (known !== undefined) return known
    const text = JSON.stringify(route)
    routes.set(route, text)
    return text
  }
  return (request) => {
    // Inside a span, the line has its trace as well.
    if (parts === undefined || isTracing()) return logger.info(request, 'request')
    if (!logger.isLevelEnabled('info')) return
    const { reqId, method, route, status, ms } = request
    parts.stream.write(
      `${parts.start}${parts.time()}${parts.bindings},"reqId":"${reqId}","method":"${method}","route":${quoted(route)},"status":${status},"ms":${ms},"msg":"request"}\n`,
    )
  }
}

/** Of a logger that writes lines of JSON as they are; undefined of any other. */
function partsOf(logger: Logger): Parts | undefined {
  const stream: unknown = Reflect.get(logger, streamSym)
  const time: unknown = Reflect.get(logger, timeSym)
  const starts: unknown = Reflect.get(logger, lsCacheSym)
  const bindings: unknown = Reflect.get(logger, chindingsSym)
  const start: unknown = isObject(starts) ? Reflect.get(starts, INFO) : undefined
  if (!isStream(stream) || !isTime(time) || typeof start !== 'string' || typeof bindings !== 'string')
    return undefined
  return { stream, time, start, bindings }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const isStream = (value: unknown): value is Parts['stream'] =>
  isObject(value) &&
  'write' in value &&
  typeof value.write === 'function' &&
  Reflect.get(value, pino.symbols.needsMetadataGsym) !== true

const isTime = (value: unknown): value is Parts['time'] => typeof value === 'function'
