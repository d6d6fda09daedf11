import { Problem } from '@ikigai/chassis'
import type { ImportStatus } from '@ikigai/contracts'
import type { InputError } from './queries/input-error.ts'

/**
 * No activity is stored yet. `import` gives the reason: it is in progress, or complete because Strava has none, or Strava has
 * not confirmed the stored ones for too long.
 */
export const noActivityYet = (status: ImportStatus) =>
  new Problem({
    status: 404,
    slug: 'no-activity-yet',
    title: 'No activity yet',
    detail:
      status.waiting?.detail ??
      (status.state === 'complete'
        ? 'There are no activities yet.'
        : 'The first activities are being fetched from Strava.'),
    extensions: { import: status },
  })

export const noActivityMatches = () =>
  new Problem({
    status: 404,
    slug: 'no-activity-matches',
    title: 'No activity matches',
    detail: 'You have activities, but none matches the filter.',
  })

/** The same answer whether it does not exist or is another athlete's. */
export const noSuchActivity = () =>
  new Problem({
    status: 404,
    slug: 'no-such-activity',
    title: 'No such activity',
    detail: 'You have no activity with this id.',
  })

export const signInNeeded = () =>
  new Problem({
    status: 401,
    slug: 'sign-in-needed',
    title: 'Sign-in needed',
    detail: 'You are not signed in, or your session has ended. Sign in at /auth/login.',
    headers: { 'www-authenticate': 'Bearer' },
  })

/** The session was one of ours, and its athlete is erased: by themselves, at Strava, or by the operator. */
export const disconnected = () =>
  new Problem({
    status: 401,
    slug: 'disconnected',
    title: 'You are disconnected',
    detail: 'You are disconnected, and all your data is erased. Connect again at /auth/login.',
    headers: { 'www-authenticate': 'Bearer' },
  })

export const crossOrigin = () =>
  new Problem({
    status: 403,
    slug: 'cross-origin',
    title: 'Cross-site request',
    detail: 'Requests from pages of other sites are rejected.',
  })

/** `seconds`: time until the next request is allowed. */
export const tooManyRequests = (seconds: number) =>
  new Problem({
    status: 429,
    slug: 'too-many-requests',
    title: 'Too many requests',
    detail: `The request limit is used up. Try again in ${seconds} seconds.`,
  })

export const tooManyStreams = () =>
  new Problem({
    status: 429,
    slug: 'too-many-streams',
    title: 'Too many streams',
    detail: 'You have too many event streams open. Close one of them first.',
    headers: { 'retry-after': '10' },
  })

/** `why`: a sentence for people with the number of tokens. */
export const tooManyTokens = (why: string) =>
  new Problem({ status: 409, slug: 'too-many-tokens', title: 'Too many tokens', detail: why })

export const exportUnderWay = () =>
  new Problem({
    status: 429,
    slug: 'export-under-way',
    title: 'Export already running',
    detail: 'An export of your data is already running. Try again when it has finished.',
    headers: { 'retry-after': '10' },
  })

/** `allow` lists the allowed methods. */
export const methodNotAllowed = (allow: string) =>
  new Problem({
    status: 405,
    slug: 'method-not-allowed',
    title: 'Method not allowed',
    detail: `Allowed methods: ${allow}.`,
    headers: { allow },
  })

export const authUnavailable = () =>
  new Problem({
    status: 503,
    slug: 'auth-unavailable',
    title: 'Signing in and out is unavailable',
    detail: 'The sign-in service is not responding. Try again in a few seconds.',
    headers: { 'retry-after': '5' },
  })

export const bodyTooLong = () =>
  new Problem({
    status: 413,
    slug: 'content-too-large',
    title: 'Content too large',
    detail: 'The request body is too large, or its length is not given.',
  })

export const notReady = () =>
  new Problem({
    status: 503,
    slug: 'unavailable',
    title: 'Service unavailable',
    detail: 'ikigai is starting. Try again in a moment.',
    headers: { 'retry-after': '1' },
  })

/** An invalid query. Invalid cursors have a type of their own, so that a client can start over. */
export const invalidQuery = ({ code, pointer, message }: InputError) =>
  new Problem({
    status: 400,
    slug: code === 'invalid_cursor' ? 'invalid-cursor' : 'bad-request',
    title: code === 'invalid_cursor' ? 'Invalid cursor' : 'Bad request',
    detail: message,
    extensions: { errors: [{ pointer: `/querystring${pointer}`, detail: message }] },
  })
