import type {
  ActivityChanges,
  ActivityDraft,
  AthleteOptions,
  SimulatedActivity,
  SimulatedAthlete,
} from '../athletes/schemas.ts'
import type { CallRecord, Counters } from '../calls/schemas.ts'
import type { ActiveFault, Fault } from '../faults/schemas.ts'
import type { StravaId } from '../ids.ts'
import type { RateNumbers } from '../limits/schemas.ts'
import type { IssuedTokens, SavedGrants, Scope } from '../oauth/schemas.ts'
import type { ClockSetting, SettingsChanges, SimulatorSettings } from '../settings.ts'
import type {
  ActiveWebhookFault,
  CustomEvent,
  Delivery,
  Subscription,
  WebhookFault,
} from '../webhooks/schemas.ts'

/**
 * Actions and faults on Strava's side.
 * The same operations are offered over HTTP below `/simulator`.
 * An unknown athlete or activity throws `UnknownRecordError`, an unusable date `InvalidDateError`.
 */
export interface SimulatorAdmin {
  /** Creates an athlete with a history. */
  createAthlete(options?: AthleteOptions): SimulatedAthlete
  athletes(): SimulatedAthlete[]
  athlete(athleteId: StravaId): SimulatedAthlete
  /** All activities of an athlete, hidden ones included, newest first. */
  activities(athleteId: StravaId): SimulatedActivity[]
  activity(activityId: StravaId): SimulatedActivity
  /** The JSON text of the API's response, for any caller. */
  activityText(activityId: StravaId, representation: 'summary' | 'detailed'): string

  /** Records an activity; sends `create`, as far as the grant lets the application know. */
  createActivity(athleteId: StravaId, draft?: ActivityDraft): SimulatedActivity
  /** Edits an activity; sends what Strava sends for a new title, type or privacy, and nothing for the rest. */
  updateActivity(activityId: StravaId, changes: ActivityChanges): SimulatedActivity
  /** Makes it "Only You". */
  hideActivity(activityId: StravaId): SimulatedActivity
  /** Makes it visible to everyone. */
  unhideActivity(activityId: StravaId): SimulatedActivity
  deleteActivity(activityId: StravaId): void
  /** Moves it to another athlete, with the same id, as when two accounts are merged. No event is sent. */
  moveActivity(activityId: StravaId, athleteId: StravaId): SimulatedActivity

  /** Creates a grant without a browser. Returns the tokens as the code exchange would. */
  authorizeAthlete(athleteId: StravaId, scopes?: Scope[]): IssuedTokens
  /** The athlete's current tokens, or undefined without a connection. */
  tokens(athleteId: StravaId): IssuedTokens | undefined
  /** The athlete disconnects the application on Strava's side; sends the deauthorization event. */
  deauthorizeAthlete(athleteId: StravaId): void
  /** Expires access tokens (of one athlete, or all) at once; refresh tokens stay valid. */
  expireAccessTokens(athleteId?: StravaId): void

  /** All grants, to be restored after a restart with the same athletes. */
  saveGrants(): SavedGrants
  /** Replaces all grants by saved ones. */
  restoreGrants(saved: SavedGrants): void

  limits(): RateNumbers
  setLimits(limits: RateNumbers): void
  /** Usage in the current windows. */
  usage(): RateNumbers
  /** Counts calls as if the application had made them elsewhere. */
  setUsage(usage: RateNumbers): void

  /** Epoch ms on the simulator's clock. */
  now(): number
  setClock(setting: ClockSetting): void
  advanceClock(milliseconds: number): void

  settings(): SimulatorSettings
  configure(changes: SettingsChanges): SimulatorSettings

  addFault(fault: Fault): ActiveFault
  /** Active faults. */
  faults(): ActiveFault[]
  removeFault(id: string): void
  clearFaults(): void
  addWebhookFault(fault: WebhookFault): ActiveWebhookFault
  webhookFaults(): ActiveWebhookFault[]
  clearWebhookFaults(): void

  counters(): Counters
  resetCounters(): void
  /** The latest calls (at most 10,000), oldest first. */
  calls(): CallRecord[]

  subscription(): Subscription | null
  /** Sets the subscription without a handshake; null removes it. */
  setSubscription(subscription: { callbackUrl: string; id?: number } | null): Subscription | null
  /** Sends any event, also forged ones and unknown kinds. */
  sendEvent(event: CustomEvent): void
  /** The latest deliveries (at most 10,000), oldest first. */
  deliveries(): Delivery[]
  /** Resolves when no delivery is in progress, waiting for a retry, delayed or held. */
  idle(): Promise<void>

  /** Back to the state after the start: no athletes, no grants, no subscription, no faults, counters at 0. */
  reset(): void
}
