/** One entry of `errors` in Strava's fault body. */
export interface FaultDetail {
  resource: string
  field: string
  code: string
}

/** An error answer of Strava: status and body. Thrown by handlers, rendered in one place. */
export class StravaFault extends Error {
  override readonly name = 'StravaFault'
  readonly status: number
  readonly body: unknown

  constructor(status: number, body: unknown) {
    super(`Strava answers ${status}`)
    this.status = status
    this.body = body
  }
}

function fault(status: number, message: string, resource: string, field: string, code: string): StravaFault {
  const errors: FaultDetail[] = [{ resource, field, code }]
  return new StravaFault(status, { message, errors })
}

/** 400 for a parameter (recorded, several). */
export function badRequest(resource: string, field: string, code: string): StravaFault {
  return fault(400, 'Bad Request', resource, field, code)
}

/** 401 for a bad, expired or revoked token, and for a wrong client secret (recorded 2020 and 2026). */
export function unauthorized(): StravaFault {
  return fault(401, 'Authorization Error', 'Application', '', 'invalid')
}

/** 401 for a scope that the athlete did not accept (recorded). */
export function missingPermission(field: string): StravaFault {
  return fault(401, 'Authorization Error', 'AccessToken', field, 'missing')
}

/** 403 while the application is disabled (recorded 2026). */
export function inactiveApplication(): StravaFault {
  return fault(403, 'Forbidden', 'Application', 'Status', 'Inactive')
}

/** 403 when no more athletes may connect. The text is Strava's; the rest of the body was never recorded. */
export function athleteCapacityExceeded(): StravaFault {
  return fault(403, 'Limit of connected athletes exceeded', 'Application', 'connected athletes', 'exceeded')
}

/** 404 for an activity that is not there or not visible to the token (recorded 2026). */
export function activityNotFound(): StravaFault {
  return fault(404, 'Resource Not Found', 'Activity', '', 'not found')
}

/** 404 for a path that does not exist (recorded 2026). */
export function pathNotFound(): StravaFault {
  return fault(404, 'Record Not Found', 'resource', 'path', 'invalid')
}

/** 429 (real log of 2018). */
export function rateLimitExceeded(): StravaFault {
  return fault(429, 'Rate Limit Exceeded', 'Application', 'rate limit', 'exceeded')
}

/** The fault that Strava has for a status, when nothing more is known of the cause. */
export function faultOfStatus(status: number): StravaFault {
  switch (status) {
    case 400:
      return new StravaFault(400, { message: 'Bad Request', errors: [] })
    case 401:
      return unauthorized()
    case 403:
      return inactiveApplication()
    case 404:
      return activityNotFound()
    case 429:
      return rateLimitExceeded()
    case 500:
      return new StravaFault(500, { message: 'error' })
    default:
      return new StravaFault(status, { message: 'Service Unavailable', errors: [] })
  }
}
