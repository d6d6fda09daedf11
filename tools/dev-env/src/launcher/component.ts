import type { ServerExit } from '../index.ts'

/** One of the processes that `npm start` runs. */
export interface Component {
  readonly name: string
  readonly logFile: string
  readonly exited: Promise<ServerExit>
  /** The last lines of its log. */
  lastLines(): string
  /** Resolves when its process has ended. */
  stop(): Promise<void>
}
