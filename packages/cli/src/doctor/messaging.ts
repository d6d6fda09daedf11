import {
  type Bus,
  FETCH_CONSUMER,
  STRAVA_EVENTS_CONSUMER,
  STREAMS,
  type StreamReport,
  type StreamState,
  streamReport,
} from '@ikigai/bus'
import { type Finding, failed, ok, warning } from './finding.ts'

/** Fill ratio above which a stream may soon refuse new messages. */
const NEARLY_FULL = 0.8
/** Pending messages above which a consumer is behind. */
const MAX_LAG = 1_000
const MIB = 2 ** 20
const CLUSTER_REPLICAS = 3

/** Required consumers, by stream. */
const OUR_CONSUMERS: Readonly<Record<string, string>> = {
  [STREAMS.fetch]: FETCH_CONSUMER,
  [STREAMS.stravaEvents]: STRAVA_EVENTS_CONSUMER,
}

/** NATS' version, each stream's replicas and size, and its consumers' lag. */
export const messagingFindings = async (bus: Bus): Promise<readonly Finding[]> =>
  judgeStreams(await streamReport(bus))

export function judgeStreams({ server, isClustered, streams }: StreamReport): readonly Finding[] {
  return [
    ok('NATS', `${server}, ${isClustered ? 'in a cluster' : 'one server'}`),
    ...streams.flatMap((each) => [judgeStream(each, isClustered), ...judgeConsumers(each)]),
  ]
}

function judgeStream(state: StreamState, isClustered: boolean): Finding {
  const { stream, missing, messages, bytes, fill, replicas } = state
  const name = `stream ${stream}`
  if (missing) return failed(name, 'is missing', 'Start the fetcher: it creates the streams.')
  const size = `${messages} messages (${(bytes / MIB).toFixed(1)} MiB), ${Math.round(fill * 100)} % full`
  const detail = `${size}, ${replicas} ${replicas === 1 ? 'replica' : 'replicas'}`
  if (stream !== STREAMS.dead && fill > NEARLY_FULL)
    return warning(
      name,
      detail,
      'Check which consumer does not keep up; when full, new messages are refused.',
    )
  if (isClustered && replicas < CLUSTER_REPLICAS)
    return warning(name, detail, 'Restart the fetcher: it replicates streams once three servers are up.')
  return stream === STREAMS.dead && messages > 0 ? ok(name, `${detail}; see dead list`) : ok(name, detail)
}

function judgeConsumers({ stream, missing, consumers }: StreamState): readonly Finding[] {
  if (missing) return []
  const ours = OUR_CONSUMERS[stream]
  const found = consumers.map(({ consumer, pending }) => {
    const [name, detail] = [`consumer ${consumer} of ${stream}`, `${pending} messages behind`]
    return pending > MAX_LAG
      ? warning(name, detail, 'See the log of the program that reads it.')
      : ok(name, detail)
  })
  if (ours === undefined || consumers.some(({ consumer }) => consumer === ours)) return found
  const name = `consumer ${ours} of ${stream}`
  return [...found, failed(name, 'is missing', 'Start the fetcher: it creates its consumers.')]
}
