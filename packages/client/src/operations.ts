// Generated from openapi.json by `npm run client`. Do not edit.

import type { Call, CallOptions } from './call.ts'
import type * as Api from './schema.ts'

/** Every problem that the API answers with (RFC 9457). `type` tells them apart, and with it their other members. */
export type Problem =
  | Api.BadRequestProblem
  | Api.InvalidCursorProblem
  | Api.SignInNeededProblem
  | Api.DisconnectedProblem
  | Api.InsufficientScopeProblem
  | Api.TooManyTokensProblem
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
   * Get the state of the service.
   *
   * The limits and their usage, now and over the last 24 hours; for each lane the reason and end of its wait; Strava's state as its answers show it; and who can make an account. At most a second old.
   */
  getStatus: (options?: CallOptions<Api.GetStatusData>) =>
    call<Api.GetStatusResponses, Api.GetStatusErrors>('GET', '/v1/status', options),
  /**
   * List activities.
   *
   * Newest first unless `sort` is given; ties are ordered by id. `next_cursor` is the cursor of the next page, null on the last one. Pages neither repeat nor skip an activity, even if others are added or deleted. With `fields`, each activity has only these fields.
   */
  listActivities: (options?: CallOptions<Api.ListActivitiesData>) =>
    call<Api.ListActivitiesResponses, Api.ListActivitiesErrors>('GET', '/v1/activities', options),
  /**
   * Get a random activity.
   *
   * One activity, chosen uniformly from all that match the filter.
   *
   * With `cursor`, a shuffle: all matching activities in random order, each once. Start with an empty cursor (`?cursor=`) and
   * continue with `next_cursor`, which is null after the last activity. An activity added meanwhile is included if its place in
   * the order is still ahead; a deleted one is left out; none is repeated. After the last activity a new shuffle starts. Keep the
   * filter unchanged during a shuffle.
   */
  randomActivity: (options?: CallOptions<Api.RandomActivityData>) =>
    call<Api.RandomActivityResponses, Api.RandomActivityErrors>('GET', '/v1/activities/random', options),
  /**
   * Get an activity.
   *
   * `detail` is Strava's unchanged DetailedActivity, or null if it has not been fetched.
   */
  getActivity: (options: CallOptions<Api.GetActivityData>) =>
    call<Api.GetActivityResponses, Api.GetActivityErrors>('GET', '/v1/activities/{id}', options),
  /**
   * Get my profile.
   *
   * The signed-in athlete and the granted scopes.
   */
  getMe: (options?: CallOptions<Api.GetMeData>) =>
    call<Api.GetMeResponses, Api.GetMeErrors>('GET', '/v1/me', options),
  /**
   * Disconnect.
   *
   * Erases all data of the athlete, revokes the grant at Strava and ends all sessions. This cannot be undone. With a cookie it works only from ikigai's own pages.
   */
  disconnect: (options?: CallOptions<Api.DisconnectData>) =>
    call<Api.DisconnectResponses, Api.DisconnectErrors>('DELETE', '/v1/me', options),
  /**
   * Get the status of my import.
   *
   * Progress, estimated completion, and the reason and end of a wait.
   */
  getImport: (options?: CallOptions<Api.GetImportData>) =>
    call<Api.GetImportResponses, Api.GetImportErrors>('GET', '/v1/import', options),
  /**
   * Connected apps.
   *
   * The apps that the athlete has connected, and the scopes of each.
   */
  listApps: (options?: CallOptions<Api.ListAppsData>) =>
    call<Api.ListAppsResponses, Api.ListAppsErrors>('GET', '/v1/me/apps', options),
  /**
   * Disconnect an app.
   *
   * Ends the app's connections and tokens for the athlete at once. Requires the athlete's own session.
   */
  disconnectApp: (options: CallOptions<Api.DisconnectAppData>) =>
    call<Api.DisconnectAppResponses, Api.DisconnectAppErrors>('DELETE', '/v1/me/apps/{id}', options),
  /**
   * Personal access tokens.
   *
   * The unexpired tokens, without their secret values.
   */
  listTokens: (options?: CallOptions<Api.ListTokensData>) =>
    call<Api.ListTokensResponses, Api.ListTokensErrors>('GET', '/v1/me/tokens', options),
  /**
   * Create a personal access token.
   *
   * For the athlete's own scripts. The answer contains the token, which is not shown again. Requires the athlete's own session.
   */
  createToken: (options: CallOptions<Api.CreateTokenData>) =>
    call<Api.CreateTokenResponses, Api.CreateTokenErrors>('POST', '/v1/me/tokens', options),
  /**
   * End a personal access token.
   *
   * The token is rejected at once. Requires the athlete's own session.
   */
  endToken: (options: CallOptions<Api.EndTokenData>) =>
    call<Api.EndTokenResponses, Api.EndTokenErrors>('DELETE', '/v1/me/tokens/{id}', options),
})
