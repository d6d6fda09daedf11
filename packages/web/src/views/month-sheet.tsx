import type { Day, Month } from '../model/calendar.ts'
import { monthName } from '../model/dates.ts'
import { activityPath, opening } from './activity-link.ts'

interface MonthSheetProps {
  readonly year: number
  readonly month: Month
  readonly days: ReadonlyMap<string, Day>
  /** Labels of the days, by date. */
  readonly labels: ReadonlyMap<string, string>
  /** The date that is reachable by Tab. */
  readonly reachable: string | undefined
  readonly onOpen: (id: string) => void
}

const STEP = 10
const SIZE = 8.4

/** The days of a month; the more moving time, the darker. */
export const MonthSheet = ({ year, month, days, labels, reachable, onOpen }: MonthSheetProps) => (
  <div class="month">
    <p aria-hidden="true">{monthName(year, month.number, 'short')}</p>
    <svg viewBox={`0 0 ${7 * STEP} ${6 * STEP}`}>
      <title>{monthName(year, month.number, 'long')}</title>
      {month.cells.map(({ date, column, row }) => {
        const day = days.get(date)
        const [newest] = day?.activities ?? []
        const place = { x: column * STEP + 0.8, y: row * STEP + 0.8, width: SIZE, height: SIZE, rx: 2.2 }
        if (day === undefined || newest === undefined) return <rect key={date} class="day" {...place} />
        return (
          <a
            key={date}
            href={activityPath(newest.id)}
            onClick={opening(newest.id, onOpen)}
            data-date={date}
            aria-label={labels.get(date)}
            tabIndex={date === reachable ? 0 : -1}
          >
            <title>{labels.get(date)}</title>
            <rect class={`day level-${day.level}`} {...place} />
          </a>
        )
      })}
    </svg>
  </div>
)
