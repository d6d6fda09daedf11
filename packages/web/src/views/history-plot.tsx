import type { QuotaStatus } from '@ikigai/contracts'
import { count, instantText } from '../model/dates.ts'

const QUARTER_MS = 900_000
const QUARTERS = 96
const STEP = 6
const HEIGHT = 80

interface HistoryPlotProps {
  readonly history: QuotaStatus['history']
  readonly now: number
}

/** Reads per quarter of an hour over the last day. */
export function HistoryPlot({ history, now }: HistoryPlotProps) {
  const first = (Math.floor(now / QUARTER_MS) - QUARTERS + 1) * QUARTER_MS
  const bars = history.flatMap(({ window_start, used, limit }) => {
    const index = Math.round((Date.parse(window_start) - first) / QUARTER_MS)
    if (index < 0 || index >= QUARTERS || limit <= 0) return []
    const height = Math.max(used > 0 ? 2 : 0, Math.min(1, used / limit) * HEIGHT)
    return [{ index, used, limit, height, start: window_start }]
  })
  const reads = bars.reduce((total, { used }) => total + used, 0)
  const full = bars.filter(({ used, limit }) => used >= limit).length
  const summary = `${count(reads, 'read')} in the last 24 hours; ${count(full, 'quarter')} of an hour at the limit.`
  return (
    <section class="card" aria-labelledby="history-title">
      <h2 id="history-title">The last 24 hours</h2>
      <p class="lead">{summary}</p>
      <svg
        class="plot"
        viewBox={`0 0 ${QUARTERS * STEP} ${HEIGHT + 1}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={summary}
      >
        <path
          class="base"
          d={`M0 ${HEIGHT + 0.5}H${QUARTERS * STEP}M0 .5H${QUARTERS * STEP}`}
          vector-effect="non-scaling-stroke"
        />
        {bars.map(({ index, used, limit, height, start }) => (
          <rect
            key={index}
            class={used >= limit ? 'bar best' : 'bar'}
            x={index * STEP + 0.75}
            width={STEP - 1.5}
            y={HEIGHT - height}
            height={height}
          >
            <title>
              {instantText(start, now)}: {used} of {limit}
            </title>
          </rect>
        ))}
      </svg>
      <p class="axis" aria-hidden="true">
        <span>24 hours ago</span>
        <span>the line above is the limit</span>
        <span>now</span>
      </p>
    </section>
  )
}
