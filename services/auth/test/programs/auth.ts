import { createLogger } from '@ikigai/chassis'
import { loadConfig } from '@ikigai/chassis/config'
import { authSettings, startAuth } from '../../src/app.ts'

/** An auth in a process of its own, on the environment that it is given: a replica that can be killed. */
const logger = createLogger({ service: 'auth', level: 'silent' })
await startAuth(loadConfig(process.env, authSettings), { logger })
