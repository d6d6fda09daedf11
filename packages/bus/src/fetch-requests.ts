import { randomUUID } from 'node:crypto'
import type { StravaId } from '@ikigai/contracts'
import type { Bus } from './connection.ts'
import { type FetchRequest, type FetchRequestBody, fetchSubject } from './fetch-subjects.ts'
import type { PubAck } from './pub-ack-mux.ts'
import { publish } from './publish.ts'

/**
 * Sends a request to the fetcher; resolves once JetStream has it on disk. A repeated request has no further effect.
 * @throws NatsError when there is no acknowledgement: it may or may not be stored
 */
export const requestFetch = <R extends FetchRequest>(
  bus: Bus,
  request: R,
  athleteId: StravaId,
  body: FetchRequestBody<R>,
): Promise<PubAck> =>
  publish(bus, {
    subject: fetchSubject(request, athleteId),
    body: JSON.stringify(body),
    messageId: randomUUID(),
  })
