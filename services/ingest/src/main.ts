import { runService } from '@ikigai/chassis'
import { loadConfig } from '@ikigai/chassis/config'
import { ingestSettings, startIngest } from './app.ts'

await runService({
  name: 'ingest',
  configure: (env) => loadConfig(env, ingestSettings),
  start: (config, logger) => startIngest(config, { logger }),
})
