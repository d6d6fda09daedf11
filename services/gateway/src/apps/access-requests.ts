import { request as ask, type Bus, INTERNAL_API, RequestError } from '@ikigai/bus'
import type { CreatedPersonalToken, NewPersonalToken, StravaId } from '@ikigai/contracts'
import { authUnavailable, tooManyTokens } from '../problems.ts'

/** Requests to auth about apps and tokens. @throws Problem */
export interface AccessRequests {
  disconnectApp(athleteId: StravaId, appId: string): Promise<void>
  createToken(athleteId: StravaId, token: NewPersonalToken): Promise<CreatedPersonalToken>
  endToken(athleteId: StravaId, tokenId: string): Promise<void>
}

export function createAccessRequests(bus: Bus): AccessRequests {
  return {
    disconnectApp: async (athlete_id, app_id) => {
      await orProblem(ask(bus, INTERNAL_API.appDisconnect, { athlete_id, app_id }))
    },
    createToken: (athlete_id, token) =>
      orProblem(ask(bus, INTERNAL_API.tokenCreate, { athlete_id, ...token })),
    endToken: async (athlete_id, token_id) => {
      await orProblem(ask(bus, INTERNAL_API.tokenEnd, { athlete_id, token_id }))
    },
  }
}

async function orProblem<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    throw error.body.code === 'bad_request' ? tooManyTokens(error.message) : authUnavailable()
  }
}
