// Generated from openapi.json by `npm run client`. Do not edit.

import type { Call, CallOptions } from './call.ts'
import type * as Api from './schema.ts'

/** Every problem that the API answers with (RFC 9457). `type` tells them apart, and with it their other members. */
export type Problem =
  | Api.BadRequestProblem
  | Api.InvalidCursorProblem
  | Api.SignInNeededProblem
  | Api.CrossOriginProblem
  | Api.NoActivityYetProblem
  | Api.NoActivityMatchesProblem
  | Api.NoSuchActivityProblem
  | Api.ContentTooLargeProblem
  | Api.UriTooLongProblem
  | Api.UnsupportedMediaTypeProblem
  | Api.TooManyRequestsProblem
  | Api.TooManyStreamsProblem
  | Api.ExportUnderWayProblem
  | Api.InternalProblem
  | Api.UnavailableProblem
  | Api.AuthUnavailableProblem

/** The API's operations that answer with JSON, by their `operationId`. */
export const operationsOf = (call: Call) => ({
  /**
   * How much of Strava's limits is spent.
   *
   * The limits and what is used of them now and over the last 24 hours, what each kind of work waits for and until when, and Strava's own state as its answers show it. At most a second old.
   */
  getStatus: (options?: CallOptions<Api.GetStatusData>) =>
    call<Api.GetStatusResponses, Api.GetStatusErrors>('GET', '/v1/status', options),
  /**
   * A page of activities.
   *
   * Newest first, or as `sort` says; equal values follow their ids. `next_cursor` leads to the next page and is null on the last one. Pages neither repeat nor skip an activity, though others come and go.
   */
  listActivities: (options?: CallOptions<Api.ListActivitiesData>) =>
    call<Api.ListActivitiesResponses, Api.ListActivitiesErrors>('GET', '/v1/activities', options),
  /**
   * Any activity.
   *
   * One activity, each one that fits the filter as likely as any other.
   *
   * With `cursor` it is a step of a walk through all that fit, in a random order and each once: begin with an empty cursor
   * (`?cursor=`) and go on with `next_cursor`, which is null after the last one. What comes during the walk is met if its
   * place in the order is still ahead, what goes is not met any more, and nothing is met twice. When nothing is left, a new walk
   * begins. The filter stays the same during a walk.
   */
  randomActivity: (options?: CallOptions<Api.RandomActivityData>) =>
    call<Api.RandomActivityResponses, Api.RandomActivityErrors>('GET', '/v1/activities/random', options),
  /**
   * One activity.
   *
   * `detail` is Strava's own document (DetailedActivity) to the last digit, or null.
   */
  getActivity: (options: CallOptions<Api.GetActivityData>) =>
    call<Api.GetActivityResponses, Api.GetActivityErrors>('GET', '/v1/activities/{id}', options),
  /**
   * Who I am.
   *
   * The athlete whose session it is, and what he allows.
   */
  getMe: (options?: CallOptions<Api.GetMeData>) =>
    call<Api.GetMeResponses, Api.GetMeErrors>('GET', '/v1/me', options),
  /**
   * Disconnect.
   *
   * Erases everything of the athlete, revokes the grant at Strava and ends all sessions. It cannot be undone; whoever signs in again starts anew. With a cookie it works from our own pages only.
   */
  disconnect: (options?: CallOptions<Api.DisconnectData>) =>
    call<Api.DisconnectResponses, Api.DisconnectErrors>('DELETE', '/v1/me', options),
  /**
   * Where the import of my history stands.
   *
   * How far it is, how long it still takes, and what it waits for, why and until when.
   */
  getImport: (options?: CallOptions<Api.GetImportData>) =>
    call<Api.GetImportResponses, Api.GetImportErrors>('GET', '/v1/import', options),
})
