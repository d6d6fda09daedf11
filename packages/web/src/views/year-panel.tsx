import type { ComponentChildren } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { type Day, daysOf, monthsOf, sum } from '../model/calendar.ts'
import { count, dayName, dayOf, latestYear, monthName } from '../model/dates.ts'
import { distanceOf, quantityText, spokenDuration, sportName, type UnitSystem } from '../model/units.ts'
import { activityPath, opening } from './activity-link.ts'
import { MonthSheet } from './month-sheet.tsx'
import { useRovingFocus } from './roving-focus.ts'
import type { Years } from './years.ts'

interface YearPanelProps {
  readonly years: Years
  readonly units: UnitSystem
  /** Start of the oldest stored activity. */
  readonly oldest: string | null
  readonly onOpen: (id: string) => void
}

/** All activities of a year by day; a day opens its newest activity. */
export function YearPanel({ years, units, oldest, onOpen }: YearPanelProps) {
  const { year, activities, problem, show } = years
  const days = useMemo(() => daysOf(activities ?? []), [activities])
  const dates = useMemo(() => [...days.keys()].sort(), [days])
  const labels = useMemo(
    () => new Map([...days].map(([date, day]) => [date, labelOf(day, units)])),
    [days, units],
  )
  const focus = useRovingFocus(dates)
  // Memoized: a year has hundreds of elements, and the page is rendered every few seconds.
  const sheets = useMemo(
    () =>
      monthsOf(year).map((month) => (
        <MonthSheet
          key={month.number}
          year={year}
          month={month}
          days={days}
          labels={labels}
          reachable={focus.current}
          onOpen={onOpen}
        />
      )),
    [year, days, labels, focus.current, onOpen],
  )
  const first = oldest === null ? year : Number(oldest.slice(0, 4))
  const last = latestYear(Date.now())
  return (
    <section class="card year" aria-labelledby="year-title">
      <div class="head">
        <h2 id="year-title">{year}</h2>
        <p role="status">{activities === undefined ? '' : totalsOf([...days.values()], units)}</p>
        <div class="buttons">
          <button type="button" class="quiet" disabled={year <= first} onClick={() => show(year - 1)}>
            <Arrow points="M10 3 5 8l5 5" />
            <span class="hidden">Earlier: </span>
            {year - 1}
          </button>
          <button type="button" class="quiet" disabled={year >= last} onClick={() => show(year + 1)}>
            <span class="hidden">Later: </span>
            {year + 1}
            <Arrow points="m6 3 5 5-5 5" />
          </button>
        </div>
      </div>
      {problem !== undefined && <p role="alert">{problem.message}</p>}
      <fieldset class={`months ${activities === undefined ? 'loading' : ''}`} onKeyDown={focus.onKeyDown}>
        <legend class="hidden">Days with activities. Move with the arrow keys, open with Enter.</legend>
        {sheets}
      </fieldset>
      <Legend />
      <Disclosure summary={`${year} by months`}>
        {() => <MonthTable year={year} days={[...days.values()]} units={units} />}
      </Disclosure>
      <Disclosure summary={`${year} as a list`}>
        {() => (
          <ul class="list">
            {(activities ?? []).map((activity) => (
              <li key={activity.id}>
                <a href={activityPath(activity.id)} onClick={opening(activity.id, onOpen)}>
                  {dayName(dayOf(activity.start_time))}: {activity.name || sportName(activity.sport_type)}
                </a>
              </li>
            ))}
          </ul>
        )}
      </Disclosure>
    </section>
  )
}

interface DisclosureProps {
  readonly summary: string
  readonly children: () => ComponentChildren
}

/** Details whose content is rendered when they are opened. */
function Disclosure({ summary, children }: DisclosureProps) {
  const [isOpen, setOpen] = useState(false)
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{summary}</summary>
      {isOpen && children()}
    </details>
  )
}

const Arrow = ({ points }: { readonly points: string }) => (
  <svg class="arrow" viewBox="0 0 16 16" aria-hidden="true">
    <path d={points} />
  </svg>
)

function totalsOf(days: readonly Day[], units: UnitSystem): string {
  if (days.length === 0) return 'No activities'
  const activities = sum(days, (day) => day.activities.length)
  const distance = distanceOf(
    sum(days, ({ distanceMeters }) => distanceMeters),
    units,
  )
  const time = spokenDuration(sum(days, ({ movingSeconds }) => movingSeconds))
  return `${count(activities, 'activity')} · ${quantityText(distance)} · ${time}`
}

function labelOf({ date, activities, movingSeconds, distanceMeters }: Day, units: UnitSystem): string {
  const names = activities.map(({ name, sport_type }) => name || sport_type).join(', ')
  const distance = distanceMeters > 0 ? `, ${quantityText(distanceOf(distanceMeters, units))}` : ''
  return `${dayName(date)}: ${names}${distance}, ${spokenDuration(movingSeconds)}`
}

const Legend = () => (
  <p class="legend" aria-hidden="true">
    Less time{' '}
    <svg viewBox="0 0 54 10" aria-hidden="true">
      {[1, 2, 3, 4].map((level) => (
        <rect
          key={level}
          class={`day level-${level}`}
          x={(level - 1) * 14 + 1}
          y="0.5"
          width="9"
          height="9"
          rx="2.5"
        />
      ))}
    </svg>{' '}
    more
  </p>
)

interface MonthTableProps {
  readonly year: number
  readonly days: readonly Day[]
  readonly units: UnitSystem
}

const MonthTable = ({ year, days, units }: MonthTableProps) => (
  <table>
    <thead>
      <tr>
        <th scope="col">Month</th>
        <th scope="col">Activities</th>
        <th scope="col">Distance</th>
        <th scope="col">Time</th>
      </tr>
    </thead>
    <tbody>
      {monthsOf(year).map(({ number, cells }) => {
        const inMonth = days.filter(({ date }) => cells.some((cell) => cell.date === date))
        return (
          <tr key={number}>
            <th scope="row">{monthName(year, number, 'long')}</th>
            <td>{sum(inMonth, (day) => day.activities.length).toLocaleString()}</td>
            <td>
              {quantityText(
                distanceOf(
                  sum(inMonth, (day) => day.distanceMeters),
                  units,
                ),
              )}
            </td>
            <td>{spokenDuration(sum(inMonth, (day) => day.movingSeconds))}</td>
          </tr>
        )
      })}
    </tbody>
  </table>
)
