import t from 'tap'
import { headroom, type LedgerState } from '../src/index.ts'
import { ask, DAY, fresh, MINUTE, NOON } from './helpers.ts'

const MIDNIGHT = NOON - (NOON % DAY)

/** Days on which `calls` of webhooks come between 18:00 and 19:00. */
function evenings(days: number, calls: number): LedgerState {
  let state = fresh(100, 1_000, MIDNIGHT - days * DAY)
  for (let day = -days; day < 0; day++)
    for (let i = 0; i < calls; i++) {
      const at = MIDNIGHT + day * DAY + 18 * 60 * MINUTE + 5_000 + (i * 60 * MINUTE) / calls
      state = ask(state, 'webhook', at).state
    }
  return state
}

const kept = (state: LedgerState, hour: number) => {
  const rolled = ask(state, 'signup', MIDNIGHT + hour * 60 * MINUTE + 5_000).state
  return headroom(rolled, 'backfill', 'day', MIDNIGHT + hour * 60 * MINUTE + 5_000)
}

t.test('served load: what came at an hour is expected at that hour', async (t) => {
  const busy = evenings(7, 200)
  const quiet = evenings(7, 0)
  t.ok(kept(busy, 12) - kept(quiet, 12) > 150, 'kept before it comes')
  t.ok(kept(busy, 20) < 100, 'and not after it')
})

t.test('served load: a new application holds back little, and less after quiet days', async (t) => {
  t.ok(kept(fresh(100, 1_000, MIDNIGHT), 0) <= 180)
  t.ok(kept(evenings(7, 0), 0) < 80)
})

t.test('served load: a busy day is remembered, and fades', async (t) => {
  const after = (days: number) => {
    const state = evenings(1, 200)
    const at = MIDNIGHT + days * DAY
    return headroom(ask(state, 'signup', at + 5_000).state, 'backfill', 'day', at + 5_000)
  }
  t.ok(after(0) > after(3) && after(3) > after(10))
})

t.test('served load: never so much that a lane stands still', async (t) => {
  const flooded = evenings(7, 990)
  t.ok(kept(flooded, 0) <= 750)
})
