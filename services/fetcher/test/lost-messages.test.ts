import { STREAMS } from '@ikigai/bus'
import { createLogger } from '@ikigai/chassis'
import { openDatabase, webhookOutages } from '@ikigai/db'
import { captureLogs, TestClock, testDatabase } from '@ikigai/testkit'
import t from 'tap'
import { watchStreams } from '../src/lost-messages.ts'

const { url } = await testDatabase(t)
const { db, close } = openDatabase({ url, name: 'test' })
t.teardown(close)
const clock = new TestClock(Date.parse('2026-06-15T12:00:00Z'))
const logs = captureLogs()
const logger = createLogger({ service: 'fetcher', level: 'info', destination: logs })

/** A fetcher that starts, and the streams that it finds. */
const started = (streams: Readonly<Record<string, string>>) =>
  watchStreams({ db, clock, logger })(
    Object.entries(streams).map(([stream, createdAt]) => ({ stream, createdAt })),
  )
const outage = async () => (await db.select().from(webhookOutages))[0]?.outageTo

t.test(
  'lost messages: streams that were created again while nothing ran are detected at the next start',
  async (t) => {
    const first = Object.fromEntries(Object.values(STREAMS).map((stream) => [stream, 'monday']))
    await started(first)
    await started(first)
    t.equal(await outage(), undefined, 'the first start of all, and one that finds the same')
    await started({ ...first, [STREAMS.dead]: 'tuesday' })
    t.equal(await outage(), undefined, 'PostgreSQL knows what the others held')
    t.match(logs.text(), /"streams":\["DEAD"\]/)
    await started({ ...first, [STREAMS.dead]: 'tuesday', [STREAMS.stravaEvents]: 'tuesday' })
    t.same(await outage(), new Date(clock.now()), 'every history is listed again')
  },
)
