import { chmod, chown, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort, postgresOwner, spawnServer, temporaryDir } from '@ikigai/dev-env'

/** A PgBouncer and how it is started. */
export interface PoolerProgram {
  readonly command: string
  readonly args: readonly string[]
  /** Whether it keeps track of prepared statements (1.21 and newer). */
  readonly prepares: boolean
}

export interface Pooler {
  readonly port: number
  stop(): Promise<void>
}

const READY_WITHIN_MS = 10_000

/**
 * Starts PgBouncer in transaction mode before every database and role of a server, with a configuration as an operator
 * would write it: it refuses parameters that it does not know.
 *
 * @param postgresUrl of a superuser, who looks up the passwords of the others
 */
export async function startPooler(program: PoolerProgram, postgresUrl: string): Promise<Pooler> {
  const server = new URL(postgresUrl)
  const folder = await temporaryDir('ikigai-pooler-')
  const port = await freePort()
  const users = join(folder, 'users.txt')
  const config = join(folder, 'pgbouncer.ini')
  await writeFile(users, `"${server.username}" "${decodeURIComponent(server.password)}"\n`)
  await writeFile(config, configuration({ server, port, users, prepares: program.prepares }))
  // PgBouncer does not run as root either.
  const owner = await postgresOwner(folder, () => {})
  if (owner !== undefined) for (const path of [folder, users, config]) await chown(path, owner.uid, owner.gid)
  await chmod(folder, 0o755)
  const running = await spawnServer({
    name: 'PgBouncer',
    command: program.command,
    args: [...program.args, config],
    cwd: '/',
    logFile: join(folder, 'pgbouncer.log'),
    stopSignal: 'SIGINT',
    forceSignal: 'SIGKILL',
    owner,
    removeDir: folder,
  })
  const stop = async () => {
    await running.kill('SIGTERM')
    await rm(folder, { recursive: true, force: true })
  }
  const deadline = Date.now() + READY_WITHIN_MS
  while (!(await answers(port))) {
    if (running.hasExited() || Date.now() > deadline) {
      const log = running.lastLines()
      await stop()
      throw new Error(`PgBouncer does not listen:\n${log}`)
    }
    await delay(20)
  }
  return { port, stop }
}

interface Configuration {
  readonly server: URL
  readonly port: number
  readonly users: string
  readonly prepares: boolean
}

const configuration = ({ server, port, users, prepares }: Configuration) => `
[databases]
* = host=${server.hostname} port=${server.port} auth_user=${server.username}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
auth_query = select usename, passwd from pg_shadow where usename = $1
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 10
server_idle_timeout = 2
${prepares ? 'max_prepared_statements = 200' : ''}
`

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
