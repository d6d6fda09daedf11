import { NatsError } from 'nats'
import type { Bus } from './connection.ts'
import { STREAMS } from './subjects.ts'

/** State of one stream, for operators. */
export interface StreamState {
  readonly stream: string
  /** Whether the stream is missing; then all numbers are 0. */
  readonly missing: boolean
  readonly messages: number
  readonly bytes: number
  /** Stored messages as a share of the stream's maximum: 0 to 1. */
  readonly fill: number
  readonly replicas: number
  readonly consumers: readonly { readonly consumer: string; readonly pending: number }[]
}

/** State of JetStream, for operators. */
export interface StreamReport {
  /** `nats-server 2.10.1` */
  readonly server: string
  /** Whether the server belongs to a cluster. */
  readonly isClustered: boolean
  readonly streams: readonly StreamState[]
}

/** Reads the state of every stream and its consumers. @throws NatsError when NATS does not answer */
export async function streamReport(bus: Bus): Promise<StreamReport> {
  const jsm = await bus.nc.jetstreamManager()
  const { info } = bus.nc
  return {
    server: `nats-server ${info?.version ?? ''}`.trim(),
    isClustered: info?.cluster !== undefined,
    streams: await Promise.all(Object.values(STREAMS).map((stream) => stateOf(jsm, stream))),
  }
}

type Manager = Awaited<ReturnType<Bus['nc']['jetstreamManager']>>

async function stateOf(jsm: Manager, stream: string): Promise<StreamState> {
  try {
    const { config, state } = await jsm.streams.info(stream)
    const consumers = await jsm.consumers.list(stream).next()
    return {
      stream,
      missing: false,
      messages: state.messages,
      bytes: state.bytes,
      fill: config.max_msgs > 0 ? state.messages / config.max_msgs : 0,
      replicas: config.num_replicas,
      consumers: consumers.map(({ name, num_pending: pending }) => ({ consumer: name, pending })),
    }
  } catch (error) {
    if (!(error instanceof NatsError) || error.api_error?.code !== 404) throw error
    return { stream, missing: true, messages: 0, bytes: 0, fill: 0, replicas: 0, consumers: [] }
  }
}
