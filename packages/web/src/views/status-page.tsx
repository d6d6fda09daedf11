import type { QuotaStatus } from '@ikigai/contracts'
import { useEffect, useState } from 'preact/hooks'
import { status as readStatus } from '../api/calls.ts'
import { asProblem, type Problem } from '../api/problem.ts'
import { useNow } from '../hooks.ts'
import { instantText } from '../model/dates.ts'
import { waitText } from '../model/waits.ts'
import { Frame, Notice } from './frame.tsx'
import { HistoryPlot } from './history-plot.tsx'

const REFRESH_MS = 5_000

/** The page at `/status`: public, without personal data. */
export function StatusPage() {
  const { status, problem } = useStatus()
  const now = useNow(5_000)
  return (
    <Frame>
      <div class="page-head">
        <h1>Status</h1>
        {status !== undefined && <Strava status={status} now={now} />}
      </div>
      {problem !== undefined && (
        <Notice title="Status unavailable" tone="warn">
          <p>{problem.message} Trying again automatically.</p>
        </Notice>
      )}
      {status !== undefined && (
        <div class="status">
          <Windows status={status} now={now} />
          <HistoryPlot history={status.history} now={now} />
          <Lanes status={status} now={now} />
        </div>
      )}
    </Frame>
  )
}

function useStatus(): { status: QuotaStatus | undefined; problem: Problem | undefined } {
  const [status, setStatus] = useState<QuotaStatus>()
  const [problem, setProblem] = useState<Problem>()
  useEffect(() => {
    let isOver = false
    const refresh = async () => {
      if (document.visibilityState === 'hidden') return
      try {
        const latest = await readStatus()
        if (isOver) return
        setStatus(latest)
        setProblem(undefined)
      } catch (error) {
        if (!isOver) setProblem(asProblem(error))
      }
    }
    void refresh()
    const timer = setInterval(refresh, REFRESH_MS)
    return () => {
      isOver = true
      clearInterval(timer)
    }
  }, [])
  return { status, problem }
}

interface PartProps {
  readonly status: QuotaStatus
  readonly now: number
}

const STRAVA_STATES: Readonly<Record<QuotaStatus['strava']['state'], { tone: string; text: string }>> = {
  available: { tone: 'good', text: 'Strava is responding' },
  degraded: { tone: 'warn', text: 'Some requests to Strava fail' },
  rate_limited: { tone: 'warn', text: 'Strava is limiting requests' },
  application_inactive: { tone: 'bad', text: 'Strava has disabled this app' },
  unavailable: { tone: 'bad', text: 'Strava is not responding' },
}

function Strava({ status: { strava }, now }: PartProps) {
  const { tone, text } = STRAVA_STATES[strava.state]
  return (
    <p class={`lamp ${tone}`} role="status">
      {text}
      {strava.until !== null && `; next attempt at ${instantText(strava.until, now)}`}
    </p>
  )
}

const WINDOWS = { '15min': 'This quarter of an hour', day: 'This day (UTC)' } as const
const COUNTERS = { read: 'Reads', overall: 'All calls' } as const

const Windows = ({ status: { windows }, now }: PartProps) => (
  <section class="card" aria-labelledby="limits-title">
    <h2 id="limits-title">Strava’s limits</h2>
    <p class="lead">
      Strava limits this app’s requests per 15 minutes and per day, for all of its athletes together.
    </p>
    <div class="gauges">
      {windows.map(({ window, counter, used, limit, resets_at }) => (
        <div key={`${window} ${counter}`} class="gauge">
          <h3>
            {WINDOWS[window]} <span>{COUNTERS[counter]}</span>
          </h3>
          <p>
            <strong>{used.toLocaleString()}</strong> of {limit.toLocaleString()}
          </p>
          <progress
            aria-label={`${COUNTERS[counter]}, ${WINDOWS[window].toLowerCase()}: share of the limit used`}
            max={limit}
            value={Math.min(used, limit)}
          />
          <p class="small">resets at {instantText(resets_at, now)}</p>
        </div>
      ))}
    </div>
  </section>
)

const LANES: Readonly<Record<QuotaStatus['lanes'][number]['lane'], string>> = {
  signup: 'First activities of a new athlete',
  newest: 'Details of the five newest activities',
  webhook: 'Changes just made at Strava',
  backfill: 'The rest of the history',
  resync: 'Checking histories for missed changes',
  enrich: 'Details of older activities',
}

const Lanes = ({ status: { lanes }, now }: PartProps) => (
  <section class="card" aria-labelledby="lanes-title">
    <h2 id="lanes-title">Queues</h2>
    <table class="lanes">
      <thead>
        <tr>
          <th scope="col">Work, most urgent first</th>
          <th scope="col">Waiting</th>
          <th scope="col">State</th>
        </tr>
      </thead>
      <tbody>
        {lanes.map(({ lane, queued, waiting }) => (
          <tr key={lane}>
            <th scope="row">{LANES[lane]}</th>
            <td>{queued.toLocaleString()}</td>
            <td>
              {waiting === null ? (
                <span class="lamp good">Open</span>
              ) : (
                <span class="lamp warn">
                  {waitText(waiting).title}
                  {waiting.until !== null && ` until ${instantText(waiting.until, now)}`}
                </span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
)
