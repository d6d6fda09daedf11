import { activityText } from '../athletes/activity-text.ts'
import { activityFacts } from '../athletes/facts.ts'
import { type ActivityRecord, type AthleteRecord, isPrivate } from '../athletes/records.ts'
import type { ActivityChanges, SimulatedActivity, SimulatedAthlete } from '../athletes/schemas.ts'
import { sportNamed } from '../athletes/sports.ts'
import { isoSeconds } from '../athletes/summary.ts'
import type { Counters } from '../calls/schemas.ts'
import type { Scope } from '../oauth/schemas.ts'
import type { SimulatorState } from '../simulator-state.ts'
import type { SimulatorAdmin } from './simulator-admin.ts'

const DEFAULT_SCOPES: Scope[] = ['read', 'activity:read_all']

function describeAthlete(state: SimulatorState, athlete: AthleteRecord): SimulatedAthlete {
  const grant = state.grants.byAthlete(athlete.id)
  return {
    id: athlete.id,
    username: athlete.username,
    firstname: athlete.firstname,
    lastname: athlete.lastname,
    activityCount: athlete.activities.length,
    connected: grant !== undefined,
    scopes: [...(grant?.scopes ?? [])],
  }
}

function describeActivity(activity: ActivityRecord): SimulatedActivity {
  const facts = activityFacts(activity)
  return {
    id: activity.id,
    athleteId: activity.athlete.id,
    name: facts.name,
    sportType: facts.sport.sportType,
    startDate: isoSeconds(activity.startSeconds),
    distanceMeters: facts.distanceMeters,
    movingTimeSeconds: facts.movingSeconds,
    visibility: activity.visibility,
    manual: activity.manual,
  }
}

function updateActivity(
  state: SimulatorState,
  activity: ActivityRecord,
  changes: ActivityChanges,
): SimulatedActivity {
  const before = describeActivity(activity)
  state.roster.changeActivity(activity, changes)
  const after = describeActivity(activity)
  state.publisher.activity(activity, {
    kind: 'edited',
    wasPrivate: before.visibility === 'only_me',
    isPrivate: isPrivate(activity),
    ...(before.name !== after.name && { title: after.name }),
    ...(before.sportType !== after.sportType && { type: sportNamed(after.sportType).type }),
  })
  return after
}

function counters(state: SimulatorState): Counters {
  const { calls, limiter } = state
  const statuses = calls.statuses()
  return {
    total: calls.total(),
    calls: calls.calls(),
    statuses,
    rateLimited: statuses['429'] ?? 0,
    maxima: limiter.maxima(),
    windows: limiter.windows(),
  }
}

function resetCounters(state: SimulatorState): void {
  state.calls.reset()
  state.limiter.resetRecords()
}

function reset(state: SimulatorState): void {
  state.deliverer.clear()
  state.subscriptions.remove()
  state.grants.clear()
  state.roster.clear()
  state.pages.clear()
  state.faults.clear()
  state.webhookFaults.clear()
  state.resetSettings()
  state.clock.reset()
  state.limiter.reset()
  state.calls.reset()
}

function history(
  state: SimulatorState,
): Pick<
  SimulatorAdmin,
  | 'createAthlete'
  | 'athletes'
  | 'athlete'
  | 'activities'
  | 'activity'
  | 'activityText'
  | 'createActivity'
  | 'updateActivity'
  | 'hideActivity'
  | 'unhideActivity'
  | 'deleteActivity'
  | 'moveActivity'
> {
  const { roster, publisher } = state
  return {
    createAthlete: (options = {}) => describeAthlete(state, roster.addAthlete(options)),
    athletes: () => roster.athletes().map((athlete) => describeAthlete(state, athlete)),
    athlete: (athleteId) => describeAthlete(state, roster.athlete(athleteId)),
    activities: (athleteId) => roster.athlete(athleteId).activities.map(describeActivity).reverse(),
    activity: (activityId) => describeActivity(roster.activity(activityId)),
    activityText: (activityId, representation) => activityText(roster.activity(activityId), representation),
    createActivity(athleteId, draft = {}) {
      const activity = roster.addActivity(roster.athlete(athleteId), draft)
      publisher.activity(activity, { kind: 'created', isPrivate: isPrivate(activity) })
      return describeActivity(activity)
    },
    updateActivity: (activityId, changes) => updateActivity(state, roster.activity(activityId), changes),
    hideActivity: (activityId) =>
      updateActivity(state, roster.activity(activityId), { visibility: 'only_me' }),
    unhideActivity: (activityId) =>
      updateActivity(state, roster.activity(activityId), { visibility: 'everyone' }),
    deleteActivity(activityId) {
      const activity = roster.activity(activityId)
      roster.removeActivity(activity)
      publisher.activity(activity, { kind: 'deleted', isPrivate: isPrivate(activity) })
    },
    moveActivity(activityId, athleteId) {
      const activity = roster.activity(activityId)
      roster.moveActivity(activity, roster.athlete(athleteId))
      return describeActivity(activity)
    },
  }
}

function access(
  state: SimulatorState,
): Pick<
  SimulatorAdmin,
  'authorizeAthlete' | 'tokens' | 'deauthorizeAthlete' | 'expireAccessTokens' | 'saveGrants' | 'restoreGrants'
> {
  const { grants, roster, publisher } = state
  return {
    authorizeAthlete: (athleteId, scopes = DEFAULT_SCOPES) =>
      grants.authorize(roster.athlete(athleteId).id, [...scopes]),
    tokens: (athleteId) => grants.tokens(athleteId),
    deauthorizeAthlete(athleteId) {
      const grant = grants.byAthlete(roster.athlete(athleteId).id)
      if (grant === undefined) return
      grants.revoke(grant)
      publisher.deauthorized(athleteId)
    },
    expireAccessTokens: (athleteId) => grants.expire(athleteId),
    saveGrants: () => grants.save(),
    restoreGrants: (saved) => grants.restore(saved),
  }
}

function webhooks(
  state: SimulatorState,
): Pick<SimulatorAdmin, 'subscription' | 'setSubscription' | 'sendEvent' | 'deliveries' | 'idle'> {
  const { subscriptions, publisher, deliverer } = state
  const subscription = () => {
    const current = subscriptions.get()
    return current && { id: current.id, callbackUrl: current.callbackUrl }
  }
  return {
    subscription,
    setSubscription(given) {
      if (given === null) subscriptions.remove()
      else subscriptions.set(given.callbackUrl, given.id)
      return subscription()
    },
    sendEvent: (event) => publisher.custom(event),
    deliveries: () => deliverer.deliveries(),
    idle: () => deliverer.idle(),
  }
}

/** The admin's operations on the simulator's state. */
export function createAdmin(state: SimulatorState): SimulatorAdmin {
  const { limiter, clock, faults, webhookFaults } = state
  return {
    ...history(state),
    ...access(state),
    ...webhooks(state),
    limits: () => limiter.limits(),
    setLimits: (limits) => limiter.setLimits(limits),
    usage: () => limiter.usage(),
    setUsage: (usage) => limiter.setUsage(usage),
    now: () => clock.now(),
    setClock: (setting) => clock.set(setting),
    advanceClock: (milliseconds) => clock.advance(milliseconds),
    settings: () => ({ ...state.settings() }),
    configure(changes) {
      state.configure(changes)
      return { ...state.settings() }
    },
    addFault: (fault) => faults.add(fault),
    faults: () => faults.list(),
    removeFault: (id) => faults.remove(id),
    clearFaults: () => faults.clear(),
    addWebhookFault: (fault) => webhookFaults.add(fault),
    webhookFaults: () => webhookFaults.list(),
    clearWebhookFaults: () => webhookFaults.clear(),
    counters: () => counters(state),
    resetCounters: () => resetCounters(state),
    calls: () => state.calls.list(),
    reset: () => reset(state),
  }
}
