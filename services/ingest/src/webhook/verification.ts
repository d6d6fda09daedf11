import { Problem } from '@ikigai/chassis'
import { type Static, Type } from 'typebox'

const QuerySchema = Type.Object({
  'hub.mode': Type.Literal('subscribe'),
  'hub.challenge': Type.String({ minLength: 1, maxLength: 256 }),
  'hub.verify_token': Type.String({ minLength: 1, maxLength: 512 }),
})

/** Query of Strava's verification request (Strava API docs, webhooks). A repeated parameter is an array, so it is rejected. */
export type VerificationQuery = Static<typeof QuerySchema>

export const verificationSchema = {
  querystring: QuerySchema,
  response: { 200: Type.Object({ 'hub.challenge': Type.String() }) },
}

/** Returns the challenge. @throws Problem 403 when the token is not ours */
export function answerVerification(query: VerificationQuery, isToken: (text: string) => boolean) {
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
