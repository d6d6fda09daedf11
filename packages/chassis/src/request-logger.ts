import type { ChildLoggerOptions } from 'pino'
import type { Logger } from './logger.ts'

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
const ORIGIN = Symbol('origin')

type Bindings = Record<string, unknown>

/** What the logger of a request is to be; the child of pino's is made with the first line. */
interface Origin {
  readonly bindings: Bindings
  readonly options: ChildLoggerOptions | undefined
  child?: Logger
}

interface RequestLogger extends Logger {
  [ORIGIN]: Origin
}

/**
 * Makes loggers of requests, for Fastify. To make a child of pino's costs more than to write a line, and most requests write
 * only the one that their server writes; so each becomes a child of `parent` when something is logged with it.
 */
export function requestLoggers(parent: Logger) {
  const prototype = prototypeOf(parent)
  return (_parent: object, bindings: Bindings, options?: ChildLoggerOptions): Logger => {
    const logger: RequestLogger = Object.create(prototype)
    logger[ORIGIN] = { bindings, options }
    return logger
  }
}

function prototypeOf(parent: Logger): RequestLogger {
  const prototype: RequestLogger = Object.create(parent)
  for (const name of [...LEVELS, 'child', 'bindings', 'setBindings'] as const) {
    Object.defineProperty(prototype, name, {
      value(this: RequestLogger, ...args: unknown[]): unknown {
        const origin = this[ORIGIN]
        origin.child ??= parent.child(origin.bindings, origin.options)
        const { child } = origin
        return Reflect.apply(child[name], child, args)
      },
    })
  }
  return prototype
}
