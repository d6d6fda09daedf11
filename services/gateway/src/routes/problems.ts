import { Problem } from '@ikigai/chassis'
import type { ImportStatus } from '@ikigai/contracts'
import type { InputError } from '../reads/input-error.ts'

/** Nothing is stored of this athlete: the import's state says why, or is complete because there is nothing at Strava. */
export const noActivityYet = (status: ImportStatus) =>
  new Problem({
    status: 404,
    slug: 'no-activity-yet',
    title: 'No activity yet',
    detail:
      status.state === 'complete'
        ? 'There are no activities yet.'
        : (status.waiting?.detail ?? 'The first activities are being fetched from Strava.'),
    extensions: { import: status },
  })

export const noActivityMatches = () =>
  new Problem({
    status: 404,
    slug: 'no-activity-matches',
    title: 'No activity matches',
    detail: 'There are activities, but none that fits the filter.',
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
    title: 'Sign in needed',
    detail: 'There is no valid session: sign in at /auth/login.',
    headers: { 'www-authenticate': 'Bearer' },
  })

export const crossOrigin = () =>
  new Problem({
    status: 403,
    slug: 'cross-origin',
    title: 'Request of another site',
    detail: "A page of another site cannot do this with the athlete's cookie.",
  })

/** `ms` until the next request is answered. */
export const tooManyRequests = (ms: number) =>
  new Problem({
    status: 429,
    slug: 'too-many-requests',
    title: 'Too many requests',
    detail: `These are more requests than the limit allows. Go on in ${Math.ceil(ms / 1_000)} seconds.`,
  })

export const tooManyStreams = () =>
  new Problem({
    status: 429,
    slug: 'too-many-streams',
    title: 'Too many streams',
    detail: 'You have as many of these open as one may have at once. Close one of them first.',
    headers: { 'retry-after': '10' },
  })

export const exportUnderWay = () =>
  new Problem({
    status: 429,
    slug: 'export-under-way',
    title: 'An export is under way',
    detail: 'Your export is under way already. Wait until it has ended.',
    headers: { 'retry-after': '10' },
  })

/** `allow` lists the methods that the address knows. */
export const methodNotAllowed = (allow: string) =>
  new Problem({
    status: 405,
    slug: 'method-not-allowed',
    title: 'Method not allowed',
    detail: `This address knows ${allow}.`,
    headers: { allow },
  })

export const authUnavailable = () =>
  new Problem({
    status: 503,
    slug: 'auth-unavailable',
    title: 'Signing in and out is not possible right now',
    detail: 'The part of ikigai that looks after sign-ins does not answer. Try again shortly.',
    headers: { 'retry-after': '5' },
  })

export const bodyTooLong = () =>
  new Problem({
    status: 413,
    slug: 'content-too-large',
    title: 'Content too large',
    detail: 'The request body is too large, or does not say how large it is.',
  })

export const notReady = () =>
  new Problem({
    status: 503,
    slug: 'unavailable',
    title: 'Service unavailable',
    detail: 'ikigai is just starting. Try again shortly.',
    headers: { 'retry-after': '1' },
  })

/** A query that is well formed but makes no sense; a cursor has a type of its own, so that a client can start over. */
export const invalidQuery = ({ code, pointer, message }: InputError) =>
  new Problem({
    status: 400,
    slug: code === 'invalid_cursor' ? 'invalid-cursor' : 'bad-request',
    title: code === 'invalid_cursor' ? 'Invalid cursor' : 'Bad request',
    detail: message,
    extensions: { errors: [{ pointer: `/querystring${pointer}`, detail: message }] },
  })
