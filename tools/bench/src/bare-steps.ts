import { connectBus, publish } from '@ikigai/bus'
import { pino } from 'pino'
import postgres from 'postgres'
import type { Figure } from './benchmark.ts'
import type { BenchmarkContext } from './context/benchmark-context.ts'
import { median } from './statistics.ts'

/** Duration of bare steps of PostgreSQL and NATS in the same run. */
export interface BareSteps {
  /** One commit and one PubAck, one after the other (ms). */
  readonly sum: NonNullable<Figure['baseline']>
  /** The figures of both. */
  figures(ours: number, what: string): Figure[]
}

/**
 * Measures the minimum duration of a step: one commit of one row, and one message that JetStream has on disk. Medians of
 * `count` sequential runs.
 */
export async function bareSteps(
  context: BenchmarkContext,
  natsUrl: string,
  count: number,
): Promise<BareSteps> {
  const sql = postgres(await context.database(), { max: 1, onnotice: () => {} })
  context.defer(() => sql.end())
  await sql`create table bare (id int)`
  const bus = await connectBus({ servers: [natsUrl], name: 'bench', logger: pino({ level: 'warn' }) })
  context.defer(() => bus.close())
  const commits: number[] = []
  const acks: number[] = []
  const timed = async (times: number[], step: () => Promise<unknown>) => {
    const startedAt = performance.now()
    await step()
    times.push(performance.now() - startedAt)
  }
  for (let id = 0; id < count; id += 1) {
    await timed(commits, () => sql`insert into bare values (${id})`)
    await timed(acks, () =>
      publish(bus, { subject: 'ikigai.v1.dead.fetch.1', body: '{}', messageId: `bare:${id}` }),
    )
  }
  const commit = { name: 'one bare commit', value: median(commits) }
  const ack = { name: 'one bare PubAck', value: median(acks) }
  return {
    sum: { name: 'one commit + one PubAck', value: commit.value + ack.value },
    figures: (ours, what) =>
      [commit, ack].map((baseline) => ({ what, unit: 'ms', ours, baseline, ratio: ours / baseline.value })),
  }
}
