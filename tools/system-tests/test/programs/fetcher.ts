// The fetcher in a process of its own, by the clock that the test moves.
import { runService } from '@ikigai/chassis'
import { loadConfig } from '@ikigai/chassis/config'
import { fetcherSettings, startFetcher } from '@ikigai/fetcher'
import { followClock } from '../shared-clock.ts'

const clock = followClock(process.env['CLOCK_FILE'] ?? '')

await runService({
  name: 'fetcher',
  configure: (env) => loadConfig(env, fetcherSettings),
  start: (config, logger) => startFetcher(config, { logger, clock }),
})
