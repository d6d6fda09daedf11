import { heightsOf, type Profile, type Stretch } from '../model/profile.ts'
import { climbOf, distanceOf, paceLabel, paceOf, quantityText, type UnitSystem } from '../model/units.ts'

interface ProfileChartProps {
  readonly profile: Profile
  readonly units: UnitSystem
  readonly sport: string
}

const WIDTH = 600
const HEIGHT = 64
/** Height of the slowest stretch's bar as a share of the fastest one's. */
const MIN_SHARE = 0.22

/** Elevation and pace of an activity by splits or laps, as charts and as a table. */
export function ProfileChart({ profile, units, sport }: ProfileChartProps) {
  const { stretches } = profile
  const heights = heightsOf(stretches)
  return (
    <div class="profile">
      {heights !== undefined && <Heights stretches={stretches} heights={heights} units={units} />}
      <Paces stretches={stretches} units={units} sport={sport} />
      <details>
        <summary>{profile.kind === 'splits' ? 'Splits' : 'Laps'} as a table</summary>
        <SplitTable stretches={stretches} units={units} sport={sport} />
      </details>
    </div>
  )
}

interface HeightsProps {
  readonly stretches: readonly Stretch[]
  readonly heights: readonly number[]
  readonly units: UnitSystem
}

function Heights({ stretches, heights, units }: HeightsProps) {
  const [low, high] = [Math.min(...heights), Math.max(...heights)]
  const edges = edgesOf(stretches)
  const points = heights.map((height, index) => {
    const y = HEIGHT - 3 - ((height - low) / (high - low)) * (HEIGHT - 8)
    return `${round(edges[index] ?? WIDTH)} ${round(y)}`
  })
  const range = quantityText(climbOf(high - low, units))
  return (
    <figure>
      <figcaption>
        Elevation <span>{range} between lowest and highest</span>
      </figcaption>
      <svg {...drawing} aria-label={`Elevation profile: ${range} between the lowest and the highest point`}>
        <path class="area" d={`M0 ${HEIGHT}L${points.join('L')}L${WIDTH} ${HEIGHT}Z`} />
        <path class="ridge" d={`M${points.join('L')}`} vector-effect="non-scaling-stroke" />
      </svg>
    </figure>
  )
}

interface PacesProps {
  readonly stretches: readonly Stretch[]
  readonly units: UnitSystem
  readonly sport: string
}

function Paces({ stretches, units, sport }: PacesProps) {
  const speeds = stretches.map(({ metersPerSecond }) => metersPerSecond)
  const [slow, fast] = [Math.min(...speeds), Math.max(...speeds)]
  const edges = edgesOf(stretches)
  const range = `${paceOf(slow, units, sport).value} to ${quantityText(paceOf(fast, units, sport))}`
  const label = paceLabel(sport)
  return (
    <figure>
      <figcaption>
        {label} <span>{range}</span>
      </figcaption>
      <svg {...drawing} aria-label={`${label} by stretch: ${range}`}>
        {stretches.map(({ metersPerSecond }, index) => {
          const share = fast > slow ? (metersPerSecond - slow) / (fast - slow) : 1
          const height = HEIGHT * (MIN_SHARE + share * (1 - MIN_SHARE))
          const [left, right] = [edges[index] ?? 0, edges[index + 1] ?? WIDTH]
          const gap = Math.min(3, (right - left) * 0.2)
          return (
            <rect
              key={left}
              class={metersPerSecond === fast ? 'bar best' : 'bar'}
              x={round(left + gap / 2)}
              width={round(right - left - gap)}
              y={round(HEIGHT - height)}
              height={round(height)}
            />
          )
        })}
      </svg>
    </figure>
  )
}

const SplitTable = ({ stretches, units, sport }: PacesProps) => (
  <table>
    <thead>
      <tr>
        <th scope="col">No.</th>
        <th scope="col">Distance</th>
        <th scope="col">{paceLabel(sport)}</th>
        <th scope="col">Up or down</th>
      </tr>
    </thead>
    <tbody>
      {stretches.map(({ distanceMeters, metersPerSecond, climbMeters }, index) => (
        <tr key={`${index} ${distanceMeters}`}>
          <th scope="row">{index + 1}</th>
          <td>{quantityText(distanceOf(distanceMeters, units))}</td>
          <td>{quantityText(paceOf(metersPerSecond, units, sport))}</td>
          <td>{climbMeters === null ? '–' : quantityText(climbOf(climbMeters, units))}</td>
        </tr>
      ))}
    </tbody>
  </table>
)

const drawing = {
  viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
  preserveAspectRatio: 'none',
  role: 'img',
} as const

/** Boundaries of the stretches in the drawing, by distance. */
function edgesOf(stretches: readonly Stretch[]): number[] {
  const total = stretches.reduce((meters, { distanceMeters }) => meters + distanceMeters, 0)
  const edges = [0]
  for (const { distanceMeters } of stretches) {
    edges.push((edges.at(-1) ?? 0) + (distanceMeters / total) * WIDTH)
  }
  return edges
}

const round = (value: number) => Math.round(value * 10) / 10
