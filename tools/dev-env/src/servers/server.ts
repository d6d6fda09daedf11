/** How a server process ended: one of the two is set. */
export interface ServerExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A server that runs as a child process of this one. It ends with this process, even when that is killed. */
export interface RunningServer {
  /** Where clients connect; of PostgreSQL with the credentials. */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** The folder that really holds the data; differs from the one asked for when that was out of the server's reach. */
  readonly dataDir: string
  readonly logFile: string
  /** Resolves when the process has ended, for whatever reason. */
  readonly exited: Promise<ServerExit>
  /** Shuts the server down cleanly and resolves when its process has ended. May be called more than once. */
  stop(): Promise<void>
  /** Ends the process with `signal`, as a crash would, and keeps the data. Resolves when it has ended. */
  kill(signal: NodeJS.Signals): Promise<void>
}

/** Called with a short text at each step that takes time. */
export type OnProgress = (message: string) => void
