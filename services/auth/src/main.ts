import { runService } from '@ikigai/chassis'
import { loadConfig } from '@ikigai/chassis/config'
import { authSettings, startAuth } from './app.ts'

await runService({
  name: 'auth',
  configure: (env) => loadConfig(env, authSettings),
  start: (config, logger) => startAuth(config, { logger }),
})
