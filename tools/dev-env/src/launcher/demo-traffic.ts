import { setTimeout as delay } from 'node:timers/promises'
import { post } from './demo.ts'

/** Options of {@link generateDemoTraffic}. */
export interface TrafficOptions {
  /** Ends the traffic. */
  readonly signal: AbortSignal
  /** Called with each activity. */
  readonly onActivity: (text: string) => void
  /** Time between activities, in ms. */
  readonly pauseMs?: number
}

const PAUSE_MS = 45_000

/** The recorded activities, one after the other. */
const SAMPLE_ACTIVITIES = [
  { sportType: 'Run', distanceMeters: 7_240, movingTimeSeconds: 2_380 },
  { sportType: 'Ride', distanceMeters: 31_600, movingTimeSeconds: 4_420 },
  { sportType: 'Walk', distanceMeters: 3_150, movingTimeSeconds: 2_290 },
  { sportType: 'Swim', distanceMeters: 1_500, movingTimeSeconds: 1_730 },
  { sportType: 'TrailRun', distanceMeters: 11_900, movingTimeSeconds: 4_610 },
]

/**
 * Records a new activity for one of the connected athletes at a fixed interval, which the
 * simulator's webhook reports. Resolves when the signal aborts or the simulator has ended.
 */
export async function generateDemoTraffic(simulatorUrl: string, options: TrafficOptions): Promise<void> {
  const { signal, onActivity, pauseMs = PAUSE_MS } = options
  try {
    for (let turn = 0; ; turn += 1) {
      await delay(pauseMs, undefined, { signal, ref: false })
      const athletes = await connectedAthletes(simulatorUrl, signal)
      const athlete = athletes[turn % athletes.length]
      const recorded = SAMPLE_ACTIVITIES[turn % SAMPLE_ACTIVITIES.length]
      if (athlete === undefined || recorded === undefined) continue
      const startDate = new Date(Date.now() - recorded.movingTimeSeconds * 1_000).toISOString()
      await post(`${simulatorUrl}/simulator/athletes/${athlete.id}/activities`, { ...recorded, startDate })
      onActivity(`${athlete.name} has finished a ${recorded.sportType}`)
    }
  } catch (error) {
    if (!signal.aborted)
      onActivity(`no more demo activities: ${error instanceof Error ? error.message : error}`)
  }
}

async function connectedAthletes(simulatorUrl: string, signal: AbortSignal) {
  const response = await fetch(`${simulatorUrl}/simulator/athletes`, { signal })
  const list: unknown = await response.json()
  if (!Array.isArray(list)) return []
  return list.flatMap((entry: Readonly<Record<string, unknown>>) =>
    entry['connected'] === true
      ? [{ id: String(entry['id']), name: `${entry['firstname']} ${entry['lastname']}` }]
      : [],
  )
}
