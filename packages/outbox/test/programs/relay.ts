import { connectBus } from '@ikigai/bus'
import { openDatabase } from '@ikigai/db'
import { pino } from 'pino'
import { startRelay } from '../../src/index.ts'

const [natsUrl, databaseUrl] = process.argv.slice(2)
if (natsUrl === undefined || databaseUrl === undefined) throw new Error('relay <NATS url> <database url>')
const logger = pino()
const bus = await connectBus({ servers: [natsUrl], name: 'relay-process', logger })
const { db } = openDatabase({ url: databaseUrl, name: 'relay-process' })
startRelay({ db, bus, logger })
