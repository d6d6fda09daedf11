#!/usr/bin/env node
import { once } from 'node:events'
import { pino } from 'pino'
import { EnvironmentError, readEnvironment } from './environment.ts'
import { startSimulator } from './simulator.ts'
import { readState, writeState } from './state-file.ts'

const EXIT_CONFIGURATION = 78

async function main(): Promise<void> {
  const logger = pino({ name: 'strava-simulator', level: process.env['LOG_LEVEL'] || 'info' })
  const { options, athletes, activities, stateFile } = readEnvironment(process.env)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const grants = stateFile === undefined ? [] : await readState(stateFile)
  const simulator = await startSimulator({ ...options, logger })
  simulator.admin.restoreGrants(grants)
  for (let made = 0; made < athletes; made += 1) simulator.admin.createAthlete({ activities })
  logger.info({ url: simulator.url, athletes }, 'the simulator is ready')
  if (!stop.signal.aborted) await once(stop.signal, 'abort')
  if (stateFile !== undefined) await writeState(stateFile, simulator.admin.saveGrants())
  await simulator.close()
  logger.info('the simulator has stopped')
}

try {
  await main()
} catch (error) {
  process.stderr.write(`strava-simulator: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = error instanceof EnvironmentError ? EXIT_CONFIGURATION : 1
}
