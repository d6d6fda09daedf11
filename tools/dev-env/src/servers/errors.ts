/** A TCP port that a server needs is taken by another program. */
export class PortInUseError extends Error {
  override name = 'PortInUseError'
  readonly server: string
  readonly port: number

  constructor(server: string, port: number) {
    super(
      `Port ${port} on 127.0.0.1 is taken, and ${server} needs it. Stop what listens there, or choose another port.`,
    )
    this.server = server
    this.port = port
  }
}

/** Something that this machine must offer is not there. The message says what, and what to do. */
export class MissingPartError extends Error {
  override name = 'MissingPartError'
  readonly part: string

  constructor(part: string, message: string) {
    super(message)
    this.part = part
  }
}

/** A server runs already on the same data. */
export class AlreadyRunningError extends Error {
  override name = 'AlreadyRunningError'
  readonly server: string
  readonly pid: number

  constructor(server: string, pid: number, dataDir: string) {
    super(`${server} already runs on ${dataDir} (process ${pid}). Stop that one first.`)
    this.server = server
    this.pid = pid
  }
}

/** A server did not come up, or a step of its preparation failed. The message ends with its last log lines. */
export class ServerFailedError extends Error {
  override name = 'ServerFailedError'
  readonly server: string

  constructor(server: string, what: string, lastLines = '') {
    super(lastLines === '' ? `${server} ${what}` : `${server} ${what}:\n${lastLines}`)
    this.server = server
  }
}
