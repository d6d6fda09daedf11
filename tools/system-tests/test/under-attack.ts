import { connectBus, STREAMS } from '@ikigai/bus'
import { fetchQueue, resyncs } from '@ikigai/db'
import { eventually, TestClock, type TestContext } from '@ikigai/testkit'
import { isNull } from 'drizzle-orm'
import { type SignedIn, type StackOptions, startStack } from './stack.ts'

export const MINUTE_MS = 60_000
/** Looks in a row that find jobs which could be served and nobody serving them: their lane waits. */
const IDLE_LOOKS = 10
/** Where each look moves the clock on. */
const STEPPING = { intervalMs: 20 }
const STEP_MS = MINUTE_MS / 4
/** Calls that confirm no event: of one athlete, of all, and those under way when a budget runs out. */
export const BUDGET = { athlete: 10, all: 20, underWay: 8 }

/** A forged event about an athlete. */
interface Forgery {
  readonly aspect: 'create' | 'update' | 'delete'
  readonly owner: string
  readonly ids: readonly string[]
  readonly updates?: Readonly<Record<string, string>>
}

export const strangeIds = (n: number) =>
  Array.from({ length: n }, (_, index) => String(700_000_000_000 + index))

/** A stack with these athletes imported, and somebody who knows the webhook's address. */
export async function underAttack(
  t: TestContext,
  histories: readonly number[],
  limits?: StackOptions['limits'],
) {
  const clock = new TestClock(Date.parse('2030-03-05T10:01:00Z'))
  const stack = await startStack(t, { clock, ...(limits === undefined ? {} : { limits }) })
  const { admin } = stack.strava
  const athletes = histories.map((activities) => admin.createAthlete({ activities }).id)
  const visitors: SignedIn[] = []
  for (const id of athletes) visitors.push(await stack.signIn(id))
  for (const visitor of visitors)
    await eventually(async () => (await visitor.get('/v1/import')).body['state'] === 'complete')
  await eventually(async () => (await stack.db.$count(fetchQueue)) === 0)
  await eventually(async () => {
    if (admin.subscription() !== null) return true
    // On a busy machine Strava's look at the address may fail; ingest tries again after a second.
    await clock.advance(1_000)
    return false
  }, STEPPING)
  await clock.advance(31_000)
  await eventually(async () => (await stack.db.$count(resyncs)) === histories.length)
  admin.resetCounters()
  const bus = await connectBus({ servers: [stack.natsUrl], name: 'test', logger: stack.logger })
  t.teardown(() => bus.close())
  const jsm = await bus.nc.jetstreamManager()
  const path = `${stack.webhookUrl}/webhooks/strava/${stack.env['STRAVA_WEBHOOK_SECRET']}`

  const forge = async ({ aspect, owner, ids, updates = {} }: Forgery) => {
    for (let start = 0; start < ids.length; start += 50) {
      const answers = await Promise.all(
        ids.slice(start, start + 50).map((id) =>
          fetch(path, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({
              object_type: 'activity',
              object_id: Number(id),
              aspect_type: aspect,
              owner_id: Number(owner),
              subscription_id: admin.subscription()?.id,
              event_time: Math.floor(clock.now() / 1_000),
              updates,
            }),
          }),
        ),
      )
      if (answers.some(({ status }) => status !== 200)) throw new Error('an event was not taken')
    }
  }
  /** Until every event has been dealt with. */
  const taken = () =>
    eventually(
      async () => {
        const info = await jsm.consumers.info(STREAMS.stravaEvents, 'fetcher')
        return info.num_pending === 0 && info.num_ack_pending === 0
      },
      { timeoutMs: 100_000 },
    )
  let idleLooks = 0
  /** When time may pass until, because there is nothing to do before: epoch ms. */
  const idleUntil = async () => {
    const jobs = await stack.db.select().from(fetchQueue).where(isNull(fetchQueue.deadAt))
    const isWorking = jobs.some(({ leasedBy }) => leasedBy !== null)
    idleLooks = isWorking ? 0 : idleLooks + 1
    if (isWorking) return undefined
    const next = Math.min(
      clock.now() + STEP_MS,
      ...jobs.map(({ delayedUntil }) => delayedUntil?.getTime() ?? 0),
    )
    if (next > clock.now()) return next
    return idleLooks % IDLE_LOOKS === 0 ? clock.now() + STEP_MS : undefined
  }
  /** Lets time pass, when there is nothing to do, until something is so. */
  const passing = (condition: () => Promise<boolean>) =>
    eventually(
      async () => {
        if (await condition()) return true
        const at = await idleUntil()
        if (at !== undefined) await clock.advanceTo(at)
        return false
      },
      { timeoutMs: 100_000, intervalMs: 20 },
    )
  const served = async (visitor: SignedIn | undefined, id: string) =>
    (await visitor?.get(`/v1/activities/${id}`))?.status === 200
  return { ...stack, clock, admin, athletes, visitors, forge, taken, passing, served }
}
