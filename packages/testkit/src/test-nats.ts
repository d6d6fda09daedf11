import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findNatsServer, startNatsServer } from '@ikigai/embedded'
import type { TestContext } from './test-context.ts'
import { cacheDir } from './workspace.ts'

export interface TestNatsOptions {
  /** A NATS configuration file, for users and permissions. */
  readonly configFile?: string
  /** Credentials that every client must give. */
  readonly user?: string
  readonly password?: string
}

export interface TestNats {
  readonly url: string
  /** An outage: ends the server (SIGKILL: as a crash), its data kept. */
  interrupt(signal?: NodeJS.Signals): Promise<void>
  /** The end of the outage: starts the server again on the same port and data. */
  resume(): Promise<void>
}

/**
 * A NATS server with JetStream for this test alone, gone when the test ends. The program is the one that the
 * environment variable IKIGAI_TEST_NATS_SERVER names, else whatever `findNatsServer` finds.
 */
export async function testNats(t: TestContext, options: TestNatsOptions = {}): Promise<TestNats> {
  const { path } = await findNatsServer({
    cacheDir: cacheDir(),
    path: process.env['IKIGAI_TEST_NATS_SERVER'],
  })
  const storeDir = await mkdtemp(join(tmpdir(), 'ikigai-nats-'))
  let server = await startNatsServer({ ...options, path, storeDir, temporary: true })
  const { url, port } = server
  t.teardown(async () => await server.stop())

  return {
    url,
    interrupt: (signal = 'SIGINT') => server.kill(signal),
    async resume() {
      server = await startNatsServer({ ...options, path, storeDir, port, temporary: true })
    },
  }
}
