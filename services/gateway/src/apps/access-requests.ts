import { type Bus, INTERNAL_API, RequestError, request } from '@ikigai/bus'
import type { CreatedPersonalToken, NewPersonalToken, StravaId } from '@ikigai/contracts'
import { authUnavailable, tooManyTokens } from '../problems.ts'

/** Requests to auth about apps and tokens. All throw a Problem if auth does not answer or refuses. */
export interface AccessRequests {
  disconnectApp(athleteId: StravaId, appId: string): Promise<void>
  createToken(athleteId: StravaId, token: NewPersonalToken): Promise<CreatedPersonalToken>
  endToken(athleteId: StravaId, tokenId: string): Promise<void>
}

export function createAccessRequests(bus: Bus): AccessRequests {
  return {
    disconnectApp: async (athlete_id, app_id) => {
      await orProblem(request(bus, INTERNAL_API.appDisconnect, { athlete_id, app_id }))
    },
    createToken: (athlete_id, token) =>
      orProblem(request(bus, INTERNAL_API.tokenCreate, { athlete_id, ...token })),
    endToken: async (athlete_id, token_id) => {
      await orProblem(request(bus, INTERNAL_API.tokenEnd, { athlete_id, token_id }))
    },
  }
}

/** Converts an error of auth to a problem; creating a token is the only request that auth refuses. */
async function orProblem<T>(reply: Promise<T>): Promise<T> {
  try {
    return await reply
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    throw error.body.code === 'bad_request' ? tooManyTokens(error.message) : authUnavailable()
  }
}
