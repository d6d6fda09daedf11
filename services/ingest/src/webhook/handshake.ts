import { Problem } from '@ikigai/chassis'
import { type Static, Type } from 'typebox'

const QuerySchema = Type.Object({
  'hub.mode': Type.Literal('subscribe'),
  'hub.challenge': Type.String({ minLength: 1, maxLength: 256 }),
  'hub.verify_token': Type.String({ minLength: 1, maxLength: 512 }),
})

/** What Strava asks when it tries the address (Strava API docs, webhooks). A parameter given twice is no text, so refused. */
export type HandshakeQuery = Static<typeof QuerySchema>

export const handshakeSchema = {
  querystring: QuerySchema,
  response: { 200: Type.Object({ 'hub.challenge': Type.String() }) },
}

/** Answers the challenge. @throws Problem 403 when the token is not ours */
export function shakeHands(query: HandshakeQuery, isToken: (text: string) => boolean) {
  if (!isToken(query['hub.verify_token'])) {
    throw new Problem({
      status: 403,
      slug: 'wrong-verify-token',
      title: 'Wrong verify token',
      detail: 'hub.verify_token is not the one that this address was subscribed with.',
    })
  }
  return { 'hub.challenge': query['hub.challenge'] }
}
