import { runService } from '@ikigai/chassis'
import { loadConfig } from '@ikigai/chassis/config'
import { gatewaySettings, startGateway } from './app.ts'

await runService({
  name: 'gateway',
  configure: (env) => loadConfig(env, gatewaySettings),
  start: (config, logger) => startGateway(config, { logger }),
})
