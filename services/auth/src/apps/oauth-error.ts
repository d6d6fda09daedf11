/** Error codes of RFC 6749 (4.1.2.1, 5.2), RFC 7009 and RFC 8707 that are used here. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_scope'
  | 'invalid_target'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'access_denied'

/** An OAuth error response to an app. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly code: OAuthErrorCode
  constructor(code: OAuthErrorCode, description: string) {
    super(description)
    this.code = code
  }

  /** HTTP status at the token and revocation endpoints. */
  get statusCode(): 400 | 401 {
    return this.code === 'invalid_client' ? 401 : 400
  }
}
