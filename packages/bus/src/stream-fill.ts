import { type ClusterInfo, DiscardPolicy } from 'nats'
import type { Bus } from './connection.ts'
import { wantedReplicas } from './streams.ts'
import { STREAMS } from './subjects.ts'

/** How full a stream is. */
export interface StreamFill {
  readonly stream: string
  /** When it was created, in the server's words: another time means another stream of that name. */
  readonly createdAt: string
  readonly messages: number
  /** Stored messages as a share of the stream's maximum: 0 to 1. */
  readonly ratio: number
  /** Whether the stream, when full, refuses new messages; otherwise it drops its oldest. */
  readonly refusesNew: boolean
  /** Replicas that are missing, unconfigured or behind, out of three in a cluster; 0 without a cluster. */
  readonly missingReplicas: number
}

/**
 * How full each stream is. @throws NatsError when NATS does not answer or a stream is missing
 */
export async function streamFills(bus: Bus): Promise<StreamFill[]> {
  const jsm = await bus.nc.jetstreamManager()
  return Promise.all(
    Object.values(STREAMS).map(async (stream) => {
      const { config, state, cluster, created } = await jsm.streams.info(stream)
      return {
        stream,
        createdAt: String(created),
        messages: state.messages,
        ratio: config.max_msgs > 0 ? state.messages / config.max_msgs : 0,
        missingReplicas: Math.max(0, wantedReplicas(bus) - currentReplicas(config.num_replicas, cluster)),
        refusesNew: config.discard === DiscardPolicy.New,
      }
    }),
  )
}

/** Replicas without those that are offline or catching up. */
function currentReplicas(configured: number, cluster: ClusterInfo | undefined): number {
  const behind = (cluster?.replicas ?? []).filter(({ current, offline }) => !current || offline === true)
  return configured - behind.length
}
