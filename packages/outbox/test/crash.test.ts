import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { outbox } from '@ikigai/db'
import { eventually, programArguments } from '@ikigai/testkit'
import { sql } from 'drizzle-orm'
import t from 'tap'
import { startRelay } from '../src/index.ts'
import { beforeDelete, numbersSent, owe, owed, startHarness, upTo } from './harness.ts'

const harness = await startHarness(t)
const { db, bus, logger } = harness

t.test('outbox relay: killed after the PubAck, sends again and the stream keeps one', async (t) => {
  const undo = await beforeDelete(db, 'perform pg_sleep(30)')
  await owe(db, '100', upTo(20))
  const { pid, exited, kill } = startProcess()
  t.teardown(kill)
  await eventually(async () => (await numbersSent(bus, '100')).length === 20, { timeoutMs: 30_000 })
  t.ok(pid)
  kill()
  await exited
  t.equal(await owed(db), 20, 'what has been sent is still owed')
  await db.execute(sql`
    select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'relay-process'`)
  await undo()

  const sending = startRelay({ db, bus, logger, idleMs: 10 })
  t.teardown(() => sending.stop())
  await owe(db, '100', [21])
  await eventually(async () => (await owed(db)) === 0)
  t.same(await numbersSent(bus, '100'), upTo(21), 'none doubled, none lost, in order')
})

t.test('outbox relay: repeated failures of the deletion lose and duplicate nothing', async (t) => {
  const undo = await beforeDelete(db, `raise exception 'crash'`)
  await owe(db, '200', upTo(10))
  const sending = startRelay({ db, bus, logger, idleMs: 10 })
  t.teardown(() => sending.stop())
  await eventually(async () => (await numbersSent(bus, '200')).length === 10)
  await owe(db, '200', upTo(10, 11))
  await eventually(async () => (await numbersSent(bus, '200')).length === 20)
  t.equal(await owed(db), 20)
  await undo()
  await eventually(async () => (await owed(db)) === 0)
  t.same(await numbersSent(bus, '200'), upTo(20))
})

t.test('outbox relay: an outage of NATS loses nothing and keeps the order', async (t) => {
  const sending = startRelay({ db, bus, logger, idleMs: 10 })
  t.teardown(() => sending.stop())
  const write = async (from: number) => {
    for (const number of upTo(40, from)) {
      await owe(db, '300', [number])
      await owe(db, '301', [number])
      sending.wake()
    }
  }
  const writing = write(1)
  await eventually(async () => (await owed(db)) === 0 && (await numbersSent(bus, '300')).length > 0)
  await harness.nats.interrupt('SIGKILL')
  await writing
  await write(41)
  t.ok((await owed(db)) >= 80, 'what is written meanwhile waits')
  await harness.nats.resume()
  await eventually(async () => (await owed(db)) === 0, { timeoutMs: 60_000 })
  t.same(await numbersSent(bus, '300'), upTo(80))
  t.same(await numbersSent(bus, '301'), upTo(80))
})

t.test('outbox relay: an erasure during a backlog removes the athlete’s messages', async (t) => {
  await owe(db, '400', upTo(5))
  await owe(db, '401', upTo(5))
  await db.delete(outbox).where(sql`athlete_id = 400`)
  const sending = startRelay({ db, bus, logger, idleMs: 10 })
  t.teardown(() => sending.stop())
  await eventually(async () => (await owed(db)) === 0)
  t.same([await numbersSent(bus, '400'), await numbersSent(bus, '401')], [[], upTo(5)])
})

/** A relay in a process of its own, as a replica has one. */
function startProcess() {
  const program = new URL('programs/relay.ts', import.meta.url)
  const child = spawn(
    process.execPath,
    [...programArguments(program), harness.nats.url, harness.databaseUrl],
    {
      stdio: 'ignore',
    },
  )
  return { pid: child.pid, exited: once(child, 'exit'), kill: () => child.kill('SIGKILL') }
}
