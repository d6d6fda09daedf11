/** What the athlete is asked for. */
export interface AuthorizeRequest {
  /** Inside the application's callback domain at Strava. */
  readonly redirectUri: string
  /** For example `['read', 'activity:read_all']`. */
  readonly scopes: readonly string[]
  readonly state: string
  /** `force` asks again although the athlete has granted all before. Default `auto`. */
  readonly approvalPrompt?: 'auto' | 'force' | undefined
}

/** Where to send the athlete's browser. Strava separates scopes by commas (Strava API docs, authentication). */
export function buildAuthorizeUrl(oauthUrl: string, clientId: string, request: AuthorizeRequest): string {
  const url = new URL(`${oauthUrl}/authorize`)
  url.search = new URLSearchParams({
    client_id: clientId,
    redirect_uri: request.redirectUri,
    response_type: 'code',
    approval_prompt: request.approvalPrompt ?? 'auto',
    scope: request.scopes.join(','),
    state: request.state,
  }).toString()
  return url.href
}
