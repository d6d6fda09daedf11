import type { ImportStatus } from '@ikigai/contracts'
import type { ComponentChildren } from 'preact'
import type { ActivityWithDetail } from '../api/calls.ts'
import { longDate, timeOfDay, timeSince } from '../model/dates.ts'
import { deviceOf, profileOf } from '../model/profile.ts'
import {
  climbOf,
  clock,
  distanceOf,
  paceLabel,
  paceOf,
  type Quantity,
  quantityText,
  sportName,
  type UnitSystem,
} from '../model/units.ts'
import { NoActivityYet } from './no-activity-yet.tsx'
import { ProfileChart } from './profile-chart.tsx'
import { RouteTrace } from './route-trace.tsx'
import type { RandomActivity } from './use-random-activity.ts'

interface ActivityCardProps {
  readonly choice: RandomActivity
  readonly isBusy: boolean
  readonly units: UnitSystem
  readonly status: ImportStatus | undefined
  readonly onAnother: () => void
  readonly onClearFilter: () => void
}

/** The random activity, or the reason why there is none. */
export function ActivityCard(props: ActivityCardProps) {
  const { choice, isBusy, units, status, onAnother, onClearFilter } = props
  return (
    <section class={`card activity ${isBusy ? 'busy' : ''}`} aria-label="Activity" aria-busy={isBusy}>
      <p class="hidden" role="status">
        {announcement(choice, units)}
      </p>
      {choice.state === 'loading' && <Bones />}
      {choice.state === 'shown' && <Shown activity={choice.activity} units={units} onAnother={onAnother} />}
      {choice.state === 'none-yet' && <NoActivityYet status={status} />}
      {choice.state === 'no-match' && (
        <Empty title="No activity matches" text="You have activities, but none matches the filter.">
          <button type="button" class="primary" onClick={onClearFilter}>
            Clear the filter
          </button>
        </Empty>
      )}
      {choice.state === 'failed' && (
        <Empty title="Something went wrong" text={choice.problem.message}>
          <button type="button" class="primary" onClick={onAnother}>
            Try again
          </button>
        </Empty>
      )}
    </section>
  )
}

function announcement(choice: RandomActivity, units: UnitSystem): string {
  if (choice.state !== 'shown') return ''
  const { name, sport_type, distance_meters, start_time } = choice.activity
  const distance = distance_meters > 0 ? quantityText(distanceOf(distance_meters, units, sport_type)) : ''
  return [name || sportName(sport_type), distance, longDate(start_time)].filter(Boolean).join(', ')
}

const Bones = () => (
  <>
    <div class="trace" />
    <div class="bone short" />
    <div class="bone title" />
    <div class="bone facts" />
  </>
)

interface EmptyProps {
  readonly title: string
  readonly text: string
  readonly children: ComponentChildren
}

const Empty = ({ title, text, children }: EmptyProps) => (
  <div class="empty">
    <h2>{title}</h2>
    <p>{text}</p>
    {children}
  </div>
)

interface ShownProps {
  readonly activity: ActivityWithDetail
  readonly units: UnitSystem
  readonly onAnother: () => void
}

function Shown({ activity, units, onAnother }: ShownProps) {
  const { name, sport_type: sport, start_time: start } = activity
  const profile = profileOf(activity.detail, units)
  const device = deviceOf(activity.detail)
  return (
    <>
      <RouteTrace activity={activity} units={units} />
      <p class="kind">
        {sportName(sport)}
        <span> · {timeSince(start, Date.now())}</span>
      </p>
      <h2 class="name">{name || 'Untitled'}</h2>
      <p class="when">
        <time dateTime={start}>
          {longDate(start)}, {timeOfDay(start)}
        </time>
      </p>
      <Facts activity={activity} units={units} />
      {profile !== undefined && <ProfileChart profile={profile} units={units} sport={sport} />}
      <div class="actions">
        <button type="button" class="primary" onClick={onAnother}>
          Another one
        </button>
        <a class="strava" href={activity.strava_url}>
          View on Strava
        </a>
        {device !== undefined && <p class="device">Recorded with {device}</p>}
      </div>
    </>
  )
}

function Facts({ activity, units }: { readonly activity: ActivityWithDetail; readonly units: UnitSystem }) {
  const { sport_type: sport, distance_meters: distance, elevation_gain_meters: climb } = activity
  const speed = activity.average_speed_meters_per_second ?? 0
  const heart = activity.average_heart_rate_bpm
  const facts: (readonly [string, Quantity])[] = []
  if (distance > 0) facts.push(['Distance', distanceOf(distance, units, sport)])
  facts.push(['Time', { value: clock(activity.moving_time_seconds), unit: '' }])
  if (speed > 0) facts.push([paceLabel(sport), paceOf(speed, units, sport)])
  if (climb > 0) facts.push(['Climb', climbOf(climb, units)])
  if (heart !== null && heart > 0)
    facts.push(['Heart rate', { value: String(Math.round(heart)), unit: 'bpm' }])
  return (
    <dl class="facts">
      {facts.map(([term, { value, unit }]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>
            {value}
            {unit !== '' && <small> {unit}</small>}
          </dd>
        </div>
      ))}
    </dl>
  )
}
