import { runService } from '@ikigai/chassis'
import { loadConfig } from '@ikigai/chassis/config'
import { fetcherSettings, startFetcher } from './app.ts'

await runService({
  name: 'fetcher',
  configure: (env) => loadConfig(env, fetcherSettings),
  start: (config, logger) => startFetcher(config, { logger }),
})
