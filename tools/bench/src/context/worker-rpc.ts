import type { Readings } from './program.ts'

/** A request as it arrives in a program. */
export type Request = Readonly<Record<string, string | number>>

/**
 * The inside of a program: says that it is ready, and does what it is asked for until it is stopped. An error is told
 * by its message.
 */
export function answerRequests(greeting: string, answer: (request: Request) => Promise<Readings>): void {
  process.on('message', (request: Request) => {
    answer(request).then(
      (readings) => process.send?.(readings),
      (error: unknown) =>
        process.send?.(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    )
  })
  process.send?.(greeting)
}

/** A variable that the program cannot do without. */
export function environment(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set`)
  return value
}
