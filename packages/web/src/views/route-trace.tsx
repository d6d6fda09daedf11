import type { Activity } from '@ikigai/contracts'
import { decodePolyline } from '../model/polyline.ts'
import { type Trace, traceOf } from '../model/trace.ts'
import { clock, distanceOf, quantityText, type UnitSystem } from '../model/units.ts'

const BOX = { width: 400, height: 240, padding: 22 }

/** The route as a fine line; without one, the distance or duration. */
export function RouteTrace({ activity, units }: { readonly activity: Activity; readonly units: UnitSystem }) {
  const { id, distance_meters: meters, sport_type: sport } = activity
  const trace = traceOf(decodePolyline(activity.summary_polyline ?? ''), BOX)
  const distance = meters > 0 ? quantityText(distanceOf(meters, units, sport)) : undefined
  if (trace === undefined) {
    return (
      <div class="trace without">
        <p class="big">{distance ?? clock(activity.moving_time_seconds)}</p>
        <p>No route was recorded.</p>
      </div>
    )
  }
  return (
    <div class="trace">
      <svg viewBox={`0 0 ${BOX.width} ${BOX.height}`} role="img" aria-label={labelOf(trace, distance)}>
        <TraceLine key={id} trace={trace} />
      </svg>
    </div>
  )
}

const labelOf = ({ isLoop }: Trace, distance: string | undefined) =>
  `The route${distance === undefined ? '' : ` of ${distance}`}: ${isLoop ? 'a round trip' : 'from one place to another'}`

/** The line and its ends. */
const TraceLine = ({ trace }: { readonly trace: Trace }) => (
  <>
    <path class="route" d={trace.path} pathLength="1" />
    <circle class="end" cx={trace.end[0]} cy={trace.end[1]} r="3.4" />
    <circle class="start" cx={trace.start[0]} cy={trace.start[1]} r="3.4" />
  </>
)
