import type { ChildLoggerOptions } from 'pino'
import type { Logger } from './logger.ts'

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
const ORIGIN = Symbol('origin')

type Bindings = Record<string, unknown>

/** Parent and bindings of a request's logger; the pino child is created with the first line. */
interface Origin {
  readonly bindings: Bindings
  readonly options: ChildLoggerOptions | undefined
  child?: Logger
}

interface RequestLogger extends Logger {
  [ORIGIN]: Origin
}

/**
 * Creates loggers of requests, for Fastify. Creating a pino child costs more than writing a line, and most requests log
 * nothing themselves; so the child of `parent` is created only when something is logged.
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
