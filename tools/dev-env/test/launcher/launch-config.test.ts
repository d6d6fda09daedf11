import { ConfigurationError } from '@ikigai/config'
import t from 'tap'
import { loadLaunchConfig, readEnvironment } from '../../src/launcher/launch-config.ts'

t.test('without any setting there are defaults', async (t) => {
  const config = loadLaunchConfig({})
  t.match(config, { host: '127.0.0.1', gatewayPort: 8080, simulatorPort: 8090 })
  t.same(
    [config.databaseUrl, config.natsUrl, config.postgresPort, config.stravaClientId],
    Array(4).fill(undefined),
  )
})

t.test('all faults are told at once', async (t) => {
  const env = { GATEWAY_PORT: '80x', DATABASE_URL: 'mysql://x', STRAVA_CLIENT_ID: '7' }
  const error: unknown = await Promise.resolve()
    .then(() => loadLaunchConfig(env))
    .catch((e) => e)
  t.ok(error instanceof ConfigurationError)
  t.match(error, { message: /GATEWAY_PORT/ })
  t.match(error, { message: /DATABASE_URL/ })
  t.match(error, { message: /STRAVA_CLIENT_SECRET/ })
})

t.test('.env counts where the environment says nothing', async (t) => {
  const folder = t.testdir({ '.env': 'A=file\nB="also file"\n# C=comment\nD=file\n' })
  t.same(readEnvironment(folder, { A: 'given', D: '' }), { A: 'given', B: 'also file', D: 'file' })
  t.same(readEnvironment(t.testdir(), { A: 'given' }), { A: 'given' })
})
