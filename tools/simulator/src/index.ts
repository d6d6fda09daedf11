export type { SimulatorAdmin } from './admin/simulator-admin.ts'
export type {
  ActivityChanges,
  ActivityDraft,
  AthleteOptions,
  SimulatedActivity,
  SimulatedAthlete,
  Visibility,
} from './athletes/schemas.ts'
export type { CallKind, CallRecord, Counters, WindowRecord } from './calls/schemas.ts'
export { DuplicateAthleteError, InvalidDateError, UnknownRecordError } from './errors.ts'
export type { ActiveFault, Fault } from './faults/schemas.ts'
export type { StravaId } from './ids.ts'
export type { RateNumbers, WindowPair } from './limits/schemas.ts'
export type { AutoApprove, IssuedTokens, SavedGrants, Scope } from './oauth/schemas.ts'
export type { Clock, Simulator, SimulatorOptions } from './options.ts'
export type { ClockSetting, SettingsChanges, SimulatorSettings } from './settings.ts'
export { startSimulator } from './simulator.ts'
export type {
  ActiveWebhookFault,
  CustomEvent,
  Delivery,
  Subscription,
  WebhookEvent,
  WebhookFault,
} from './webhooks/schemas.ts'
