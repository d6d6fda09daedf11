import { randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type NatsUser, natsConfig, teamAccount } from '@ikigai/bus'
import { findNatsServer, startNatsServer, temporaryDir, workspaceRoot } from '@ikigai/dev-env'
import type { TestContext } from './test-context.ts'

const TEAMS_FILE = 'teams.conf'

export interface TestNatsOptions {
  /** Whether the server knows ikigai's users and their permissions; a client without credentials may do anything. */
  readonly users?: boolean
  /** A NATS configuration file, for users and permissions. */
  readonly configFile?: string
  /** Whether JetStream is enabled; true by default. */
  readonly jetStream?: boolean
  /** Credentials that every client must present. */
  readonly user?: string
  readonly password?: string
}

export interface TestNats {
  readonly url: string
  /** Credentials of a user, when the server has users. */
  credentialsOf(user: NatsUser | 'team'): { readonly user: string; readonly password: string }
  /** The accounts of other teams, when the server knows users, and its process id: what `team add` writes and reads. */
  readonly teamsFile: string
  readonly pidFile: string
  /** An outage: ends the server (SIGKILL: as a crash), its data kept. */
  interrupt(signal?: NodeJS.Signals): Promise<void>
  /** The end of the outage: starts the server again on the same port and data, or with an `emptyStore`. */
  resume(how?: { readonly emptyStore: boolean }): Promise<void>
}

/**
 * A NATS server with JetStream for one test, stopped and removed at its end. The program is that of the environment variable
 * IKIGAI_TEST_NATS_SERVER, or the one that `findNatsServer` finds.
 */
export async function testNats(
  t: TestContext,
  { users = false, ...given }: TestNatsOptions = {},
): Promise<TestNats> {
  const { path } = await findNatsServer({
    cacheDir: join(workspaceRoot(), '.ikigai', 'cache'),
    path: process.env['IKIGAI_TEST_NATS_SERVER'],
  })
  const storeDir = await temporaryDir('ikigai-nats-')
  const password = randomBytes(12).toString('hex')
  const options = users ? { configFile: await configWithUsers(storeDir, password), ...given } : given
  let server = await startNatsServer({ ...options, path, storeDir, temporary: true })
  const { url, port } = server
  t.teardown(async () => await server.stop())

  return {
    url,
    teamsFile: join(storeDir, TEAMS_FILE),
    pidFile: join(storeDir, 'nats.pid'),
    credentialsOf: (user) => ({ user, password }),
    interrupt: (signal = 'SIGINT') => server.kill(signal),
    async resume({ emptyStore } = { emptyStore: false }) {
      if (emptyStore) await rm(join(storeDir, 'jetstream'), { recursive: true, force: true })
      server = await startNatsServer({ ...options, path, storeDir, port, temporary: true })
    },
  }
}

async function configWithUsers(folder: string, password: string): Promise<string> {
  const file = join(folder, 'users.conf')
  await writeFile(join(folder, TEAMS_FILE), teamAccount({ name: 'team', password }))
  await writeFile(
    file,
    natsConfig({ password: () => JSON.stringify(password), teamsFile: TEAMS_FILE, openToAll: true }),
  )
  return file
}
