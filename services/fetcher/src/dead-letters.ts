import { type Bus, deadSubject, type JsMsg, publish } from '@ikigai/bus'
import type { StravaId } from '@ikigai/contracts'

/** Headers of a dead letter: its reason, and the subject to which `dead replay` publishes it. */
export const deadHeaders = (reason: string, subject: string) => ({
  'Ikigai-Reason': reason.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200),
  'Ikigai-Subject': subject,
})

/** Publishes a message that could not be processed to the stream of dead letters, from which operators can replay it. */
export async function deadLetter(
  bus: Bus,
  message: JsMsg,
  from: { readonly source: 'fetch' | 'strava'; readonly athleteId: StravaId | '0' },
  reason: string,
): Promise<void> {
  const { stream, streamSequence } = message.info
  await publish(bus, {
    subject: deadSubject(from.source, from.athleteId),
    body: message.data,
    messageId: `dead:${stream}:${streamSequence}`,
    headers: deadHeaders(reason, message.subject),
  })
}
