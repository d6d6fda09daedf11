// npm run client: writes the API's description and the client's types, from a gateway of these sources.
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { install } from './install.mjs'
import { projectDir } from './project.mjs'
import { runMain, step } from './steps.mjs'

const clientDir = join(projectDir, 'packages', 'client')

/** This gateway is asked only for its description, so it needs no database. */
const ENV = {
  DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  PUBLIC_URL: 'http://localhost:8080',
  SESSION_KEYS: `s1:${Buffer.alloc(32).toString('base64')}`,
  LOG_LEVEL: 'fatal',
  PORT: '0',
  ADMIN_PORT: '0',
}

await runMain(async () => {
  await install()
  const { register } = await import('tsx/esm/api')
  register()
  const { documentText, generatedSources } = await import('../../packages/client/codegen.ts')
  const document = documentText(await step('Asking the gateway for its description', readDocument))
  await writeFile(join(clientDir, 'openapi.json'), document)
  for (const [name, source] of Object.entries(await generatedSources(document))) {
    await writeFile(join(clientDir, 'src', name), source)
  }
  return 0
})

async function readDocument() {
  const { findNatsServer, startNatsServer } = await import('../dev-env/src/index.ts')
  const { path } = await findNatsServer({
    cacheDir: join(projectDir, '.ikigai', 'cache'),
    path: process.env.NATS_SERVER,
  })
  const storeDir = await mkdtemp(join(tmpdir(), 'ikigai-client-'))
  const nats = await startNatsServer({ path, storeDir, temporary: true })
  try {
    return await askGateway(nats.url)
  } finally {
    await nats.stop()
  }
}

/** @param {string} natsUrl */
async function askGateway(natsUrl) {
  const { gatewaySettings, startGateway } = await import('../../services/gateway/src/app.ts')
  const { loadConfig } = await import('../../packages/chassis/src/config/index.ts')
  const gateway = await startGateway(loadConfig({ ...ENV, NATS_URL: natsUrl }, gatewaySettings))
  try {
    return (await gateway.app.inject('/openapi.json')).json()
  } finally {
    await gateway.stop()
  }
}
