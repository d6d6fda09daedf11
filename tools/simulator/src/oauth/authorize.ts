import type { FastifyReply, FastifyRequest } from 'fastify'
import { badRequest } from '../api/strava-fault.ts'
import { type Parameters, parametersOf } from '../http/parameters.ts'
import type { StravaId } from '../ids.ts'
import type { SimulatorState } from '../simulator-state.ts'
import { authorizeHtml } from './authorize-html.ts'
import { isAllowedRedirect, withAnswer } from './redirect-uri.ts'
import type { Scope } from './schemas.ts'
import { acceptedScopes, parseScopes } from './scopes.ts'

/** A valid request for authorization. */
export interface AuthorizeRequest {
  redirectUri: string
  state: string
  scopes: Scope[]
  isForced: boolean
}

interface Decision {
  athleteId: StravaId
  decision: 'authorize' | 'deny'
  ticked: readonly Scope[]
}

function parseRequest(simulator: SimulatorState, parameters: Parameters): AuthorizeRequest {
  const { client_id: clientId, redirect_uri: redirectUri = '' } = parameters
  if (clientId === undefined) throw badRequest('Application', 'client_id', 'missing')
  if (clientId !== simulator.clientId) throw badRequest('Application', 'client_id', 'invalid')
  if (!isAllowedRedirect(redirectUri, simulator.settings().callbackDomain)) {
    throw badRequest('Application', 'redirect_uri', 'invalid')
  }
  if (parameters['response_type'] !== 'code') throw badRequest('Application', 'response_type', 'invalid')
  const scopes = parseScopes(parameters['scope'] ?? 'read')
  if (scopes === undefined) throw badRequest('Application', 'scope', 'invalid')
  const isForced = parameters['approval_prompt'] === 'force'
  return { redirectUri, state: parameters['state'] ?? '', scopes, isForced }
}

function isGranted(simulator: SimulatorState, athleteId: StravaId, scopes: readonly Scope[]): boolean {
  const granted = simulator.grants.byAthlete(athleteId)?.scopes ?? []
  return scopes.every((scope) => granted.includes(scope))
}

/** The athlete's decision: from the query, the setting, or an earlier approval (`approval_prompt=auto`). */
function findDecision(
  simulator: SimulatorState,
  parameters: Parameters,
  request: AuthorizeRequest,
): Decision | undefined {
  const { athlete: athleteId, decision, scope_granted: granted } = parameters
  if (decision === 'deny') return { athleteId: athleteId ?? '', decision, ticked: [] }
  if (decision === 'authorize' && athleteId !== undefined) {
    const ticked = granted === undefined ? request.scopes : parseScopes(granted)
    if (ticked === undefined) throw badRequest('Application', 'scope_granted', 'invalid')
    return { athleteId, decision, ticked }
  }
  const { autoApprove } = simulator.settings()
  if (autoApprove !== null) {
    return { decision: 'authorize', ticked: request.scopes, ...autoApprove, ...tickedBy(autoApprove.scopes) }
  }
  if (!request.isForced && athleteId !== undefined && isGranted(simulator, athleteId, request.scopes)) {
    return { athleteId, decision: 'authorize', ticked: request.scopes }
  }
  return undefined
}

function tickedBy(scopes: readonly Scope[] | undefined): { ticked?: readonly Scope[] } {
  return scopes === undefined ? {} : { ticked: scopes }
}

function redirectTarget(simulator: SimulatorState, request: AuthorizeRequest, decision: Decision): string {
  const { redirectUri, state } = request
  if (decision.decision === 'deny') {
    return withAnswer(redirectUri, [
      ['state', state],
      ['error', 'access_denied'],
    ])
  }
  const athlete = simulator.roster.athletes().find(({ id }) => id === decision.athleteId)
  if (athlete === undefined) throw badRequest('Athlete', 'id', 'invalid')
  const scopes = acceptedScopes(request.scopes, decision.ticked)
  return withAnswer(redirectUri, [
    ['state', state],
    ['code', simulator.grants.issueCode(athlete.id, scopes)],
    ['scope', scopes.join(',')],
  ])
}

/**
 * `GET /oauth/authorize`: the page on which an athlete decides, or the redirect if it is decided already.
 * Its form returns here with `athlete`, `decision` and `scope_granted`, which a script may send at once.
 */
export function authorizePage(simulator: SimulatorState) {
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const parameters = parametersOf(request)
    const asked = parseRequest(simulator, parameters)
    const decision = findDecision(simulator, parameters, asked)
    if (decision !== undefined) return reply.redirect(redirectTarget(simulator, asked, decision), 302)
    const html = authorizeHtml(parameters, asked.scopes, simulator.roster.athletes())
    return reply.type('text/html; charset=utf-8').send(html)
  }
}
