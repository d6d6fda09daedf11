import { runService } from '@ikigai/chassis'
import { loadConfig } from '@ikigai/chassis/config'
import { createGateway, gatewaySettings } from './app.ts'

await runService({
  name: 'gateway',
  configure: (env) => loadConfig(env, gatewaySettings),
  start: async (config, logger) => {
    const gateway = await createGateway(config, { logger })
    await gateway.listen()
    return { stop: gateway.close, ended: gateway.ended }
  },
})
