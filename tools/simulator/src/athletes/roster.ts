import { parseInstant } from '../clock.ts'
import { DuplicateAthleteError, UnknownRecordError } from '../errors.ts'
import type { StravaId } from '../ids.ts'
import type { Clock } from '../options.ts'
import { mix } from '../random.ts'
import { activityIdAt } from './activity-ids.ts'
import { believableYears, makeHistory } from './history.ts'
import { type ActivityRecord, type AthleteRecord, compareActivities } from './records.ts'
import type { ActivityChanges, ActivityDraft, AthleteOptions } from './schemas.ts'

const FIRST_ATHLETE_ID = 20_000_000
const ATHLETE_ID_SPREAD = 100_000_000
const ATHLETE_AGE_SECONDS = 8 * 365 * 86_400

/** All athletes and activities there are. */
export interface Roster {
  addAthlete(options: AthleteOptions): AthleteRecord
  athletes(): AthleteRecord[]
  /** @throws UnknownRecordError */
  athlete(id: StravaId): AthleteRecord
  findActivity(id: StravaId): ActivityRecord | undefined
  /** @throws UnknownRecordError */
  activity(id: StravaId): ActivityRecord
  addActivity(athlete: AthleteRecord, draft: ActivityDraft): ActivityRecord
  /** Changes the record in place. */
  changeActivity(activity: ActivityRecord, changes: ActivityChanges): void
  removeActivity(activity: ActivityRecord): void
  /** It is another athlete's from now on, and keeps its id. */
  moveActivity(activity: ActivityRecord, athlete: AthleteRecord): void
  clear(): void
}

interface RosterState {
  seed: number
  clock: Clock
  athletes: Map<StravaId, AthleteRecord>
  activities: Map<StravaId, ActivityRecord>
}

function freeId(taken: ReadonlyMap<StravaId, unknown>, suggested: number): StravaId {
  let id = suggested
  while (taken.has(String(id))) id += 1
  return String(id)
}

function fillHistory(state: RosterState, athlete: AthleteRecord, options: AthleteOptions): void {
  const count = options.activities ?? 0
  const until = Math.floor(
    (options.until === undefined ? state.clock.now() : parseInstant(options.until)) / 1000,
  )
  const entries = makeHistory(athlete.seed, {
    count,
    years: options.years ?? believableYears(count),
    until,
    privateShare: options.privateShare ?? 0.05,
    manualShare: options.manualShare ?? 0.05,
    sharedStartSeconds: options.sharedStartSeconds ?? 0,
  })
  for (const { suggestedId, ...bones } of entries) {
    const record = { ...bones, id: freeId(state.activities, suggestedId), athlete }
    state.activities.set(record.id, record)
    athlete.activities.push(record)
  }
  athlete.activities.sort(compareActivities)
  athlete.nextIndex = count
}

function addAthlete(state: RosterState, options: AthleteOptions): AthleteRecord {
  const number = state.athletes.size + 1
  const suggestedId = FIRST_ATHLETE_ID + (mix(state.seed, number) % ATHLETE_ID_SPREAD)
  const id = options.id ?? freeId(state.athletes, suggestedId)
  if (state.athletes.has(id)) throw new DuplicateAthleteError(id)
  const athlete: AthleteRecord = {
    id,
    seed: options.seed ?? mix(state.seed, Number(BigInt(id) % 2_147_483_647n)),
    sports: options.sports,
    firstname: options.firstname ?? 'Athlete',
    lastname: options.lastname ?? String(number),
    username: `athlete_${id}`,
    createdAt: Math.floor(state.clock.now() / 1000) - ATHLETE_AGE_SECONDS,
    activities: [],
    nextIndex: 0,
  }
  fillHistory(state, athlete, options)
  state.athletes.set(id, athlete)
  return athlete
}

function insertInOrder(activity: ActivityRecord): void {
  const { activities } = activity.athlete
  let position = activities.length
  for (; position > 0; position -= 1) {
    const before = activities[position - 1]
    if (before === undefined || compareActivities(before, activity) < 0) break
  }
  activities.splice(position, 0, activity)
}

function addActivity(state: RosterState, athlete: AthleteRecord, draft: ActivityDraft): ActivityRecord {
  const { manual = false, visibility = 'everyone', startDate, ...given } = draft
  const nowSeconds = Math.floor(state.clock.now() / 1000)
  const activity: ActivityRecord = {
    id: freeId(state.activities, activityIdAt(nowSeconds)),
    athlete,
    index: athlete.nextIndex,
    startSeconds: startDate === undefined ? nowSeconds : Math.floor(parseInstant(startDate) / 1000),
    visibility,
    manual,
    given,
  }
  athlete.nextIndex += 1
  state.activities.set(activity.id, activity)
  insertInOrder(activity)
  return activity
}

function takeOut(activity: ActivityRecord): void {
  const { activities } = activity.athlete
  const position = activities.indexOf(activity)
  if (position >= 0) activities.splice(position, 1)
}

function changeActivity(activity: ActivityRecord, changes: ActivityChanges): void {
  const { visibility, startDate, ...given } = changes
  const startSeconds =
    startDate === undefined ? activity.startSeconds : Math.floor(parseInstant(startDate) / 1000)
  activity.given = { ...activity.given, ...given }
  if (visibility !== undefined) activity.visibility = visibility
  if (startSeconds === activity.startSeconds) return
  takeOut(activity)
  activity.startSeconds = startSeconds
  insertInOrder(activity)
}

/** An empty roster. Whatever it makes up follows from the seed. */
export function createRoster(seed: number, clock: Clock): Roster {
  const state: RosterState = { seed, clock, athletes: new Map(), activities: new Map() }
  return {
    addAthlete: (options) => addAthlete(state, options),
    athletes: () => [...state.athletes.values()],
    athlete(id) {
      const athlete = state.athletes.get(id)
      if (athlete === undefined) throw new UnknownRecordError('athlete', id)
      return athlete
    },
    findActivity: (id) => state.activities.get(id),
    activity(id) {
      const activity = state.activities.get(id)
      if (activity === undefined) throw new UnknownRecordError('activity', id)
      return activity
    },
    addActivity: (athlete, draft) => addActivity(state, athlete, draft),
    changeActivity,
    removeActivity(activity) {
      state.activities.delete(activity.id)
      takeOut(activity)
    },
    moveActivity(activity, athlete) {
      takeOut(activity)
      activity.athlete = athlete
      insertInOrder(activity)
    },
    clear() {
      state.athletes.clear()
      state.activities.clear()
    },
  }
}
