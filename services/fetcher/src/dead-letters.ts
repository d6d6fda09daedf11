import { type Bus, deadSubject, type JsMsg, publish } from '@ikigai/bus'
import type { StravaId } from '@ikigai/contracts'

/** Why a message is a dead letter, and the subject to which replaying publishes it. */
export const deadHeaders = (reason: string, subject: string) => ({
  'Ikigai-Reason': reason.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200),
  'Ikigai-Subject': subject,
})

/** Keeps a message that could not be dealt with, with its reason, where operators find and replay it. */
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
