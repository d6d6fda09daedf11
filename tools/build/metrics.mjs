// npm run metrics: writes docs/operations/metrics.md from the registries of the services of these sources.
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { install } from './install.mjs'
import { projectDir } from './project.mjs'
import { runMain, step } from './steps.mjs'

await runMain(async () => {
  await install()
  const { register } = await import('tsx/esm/api')
  register()
  const { metricCatalog, metricsPage } = await import('../system-tests/src/metric-catalog.ts')
  const { withServiceRegistries } = await import('../system-tests/src/service-registries.ts')
  const page = await step('Asking the services for their metrics', () =>
    withServers((servers) =>
      withServiceRegistries(servers, async (registries) => metricsPage(await metricCatalog(registries))),
    ),
  )
  await writeFile(join(projectDir, 'docs', 'operations', 'metrics.md'), page)
  return 0
})

/**
 * @template T
 * @param {(servers: { databaseUrl: string, natsUrl: string }) => Promise<T>} use
 */
async function withServers(use) {
  const { findNatsServer, startNatsServer, startPostgres, temporaryDir } = await import(
    '../dev-env/src/index.ts'
  )
  const cacheDir = join(projectDir, '.ikigai', 'cache')
  const { path } = await findNatsServer({ cacheDir, path: process.env['NATS_SERVER'] })
  const storeDir = await mkdtemp(join(tmpdir(), 'ikigai-metrics-'))
  const nats = await startNatsServer({ path, storeDir, temporary: true })
  try {
    const postgres = await startPostgres({ dataDir: await temporaryDir('ikigai-metrics-'), temporary: true })
    try {
      return await use({ databaseUrl: postgres.url, natsUrl: nats.url })
    } finally {
      await postgres.stop()
    }
  } finally {
    await nats.stop()
  }
}
