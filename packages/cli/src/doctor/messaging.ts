import { type Bus, streamReport } from '@ikigai/bus'
import { type Finding, failed, ok, warning } from './finding.ts'

/** A stream fuller than this is about to refuse what is new. */
const NEARLY_FULL = 0.8
/** Messages that a consumer may have before it is behind. */
const MAX_LAG = 1_000

/** NATS' version, and each stream's replicas, fill and consumers. */
export async function messagingFindings(bus: Bus): Promise<readonly Finding[]> {
  const { server, isClustered, streams } = await streamReport(bus)
  return [
    ok('NATS', `${server}, ${isClustered ? 'in a cluster' : 'one server'}`),
    ...streams.flatMap(({ stream, missing, messages, fill, replicas, consumers }): Finding[] => {
      const name = `stream ${stream}`
      if (missing) return [failed(name, 'is not there', 'Start the fetcher: it creates the streams.')]
      const detail = `${messages} messages, ${Math.round(fill * 100)} % full, ${replicas} replicas`
      const lagging = consumers.filter(({ pending }) => pending > MAX_LAG)
      return [
        fill > NEARLY_FULL
          ? warning(name, detail, 'See which consumer does not keep up; when full, new messages are refused.')
          : isClustered && replicas < 3
            ? warning(name, detail, 'Restart the fetcher: it replicates streams once three servers are up.')
            : ok(name, detail),
        ...lagging.map(({ consumer, pending }) =>
          warning(
            `consumer ${consumer}`,
            `${pending} messages behind`,
            'Look at the log of the program that reads it.',
          ),
        ),
      ]
    }),
  ]
}
