import { DiscardPolicy } from 'nats'
import type { Bus } from './connection.ts'
import { STREAMS } from './subjects.ts'

/** How full a stream is. */
export interface StreamFill {
  readonly stream: string
  readonly messages: number
  /** Messages stored, as a share of those that the stream may hold: 0 to 1. */
  readonly ratio: number
  /** Whether the stream, when full, refuses new messages; otherwise it drops its oldest. */
  readonly refusesNew: boolean
}

/**
 * How full each stream is. @throws NatsError when NATS does not answer or a stream is missing
 */
export async function streamFills(bus: Bus): Promise<StreamFill[]> {
  const jsm = await bus.nc.jetstreamManager()
  return Promise.all(
    Object.values(STREAMS).map(async (stream) => {
      const { config, state } = await jsm.streams.info(stream)
      return {
        stream,
        messages: state.messages,
        ratio: config.max_msgs > 0 ? state.messages / config.max_msgs : 0,
        refusesNew: config.discard === DiscardPolicy.New,
      }
    }),
  )
}
