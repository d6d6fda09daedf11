import t from 'tap'
import { type Arrivals, forecastArrivals } from '../src/index.ts'
import { DAY, HOUR, MIDNIGHT, MINUTE, NOON, quietArrivals } from './helpers.ts'

const LIMIT = 100_000

/** Four weeks on which `perEvening` activities come between 18:00 and 19:00, and `factor` times as many on Sundays. */
function evenings(perEvening: number, factor = 1): Arrivals {
  const arrivals = quietArrivals(MIDNIGHT - 28 * DAY)
  for (let day = -28; day < 0; day++) {
    const count = new Date(MIDNIGHT + day * DAY).getUTCDay() === 0 ? factor * perEvening : perEvening
    for (let i = 0; i < count; i++)
      arrivals.webhook.add(MIDNIGHT + day * DAY + 18 * HOUR + (i * HOUR) / count)
  }
  return arrivals
}

t.test('arrivals: expected at the hours at which they came', async (t) => {
  const forecast = forecastArrivals(evenings(50), LIMIT, MIDNIGHT)
  const evening = forecast.webhooks(MIDNIGHT + 18 * HOUR, MIDNIGHT + 19 * HOUR)
  t.ok(evening > 25 && evening < 55, `${evening} in the evening`)
  t.ok(forecast.webhooks(MIDNIGHT + 6 * HOUR, MIDNIGHT + 7 * HOUR) < 5)
})

t.test('arrivals: expected on the weekdays on which they came', async (t) => {
  const forecast = forecastArrivals(evenings(200, 3), LIMIT, MIDNIGHT)
  const onDay = (day: number) => forecast.webhooks(MIDNIGHT + day * DAY, MIDNIGHT + (day + 1) * DAY)
  t.ok(onDay(6) > 1.5 * onDay(2), `${onDay(6)} on Sunday, ${onDay(2)} on Wednesday`)
})

t.test('arrivals: a day that brings more so far brings more until midnight, and no further', async (t) => {
  const usual = evenings(200)
  const busy = evenings(200)
  for (const arrivals of [usual, busy])
    for (let i = 0; i < (arrivals === busy ? 400 : 200); i++)
      arrivals.webhook.add(MIDNIGHT + 18 * HOUR + i * 1_000)
  const now = MIDNIGHT + 19 * HOUR
  const [a, b] = [usual, busy].map((arrivals) => forecastArrivals(arrivals, LIMIT, now))
  const tonight = (forecast: typeof a) => forecast?.webhooks(now, MIDNIGHT + DAY) ?? 0
  const tomorrow = (forecast: typeof a) => forecast?.webhooks(MIDNIGHT + DAY, MIDNIGHT + 2 * DAY) ?? 0
  t.ok(tonight(b) > 1.3 * tonight(a))
  t.ok(Math.abs(tomorrow(b) / tomorrow(a) - 1) < 0.1)
})

t.test('arrivals: a surge of sign-ups shows within minutes, and fades', async (t) => {
  const arrivals = quietArrivals()
  for (let i = 0; i < 60; i++) arrivals.signup.add(NOON - 10 * MINUTE + i * 10_000)
  const forecast = forecastArrivals(arrivals, LIMIT, NOON)
  t.ok(forecast.isSurging)
  const next = (from: number, to: number) => forecast.signUps(NOON + from, NOON + to)
  t.ok(next(0, 10 * MINUTE) > 20, `${next(0, 10 * MINUTE)} in ten minutes, where 60 came in the last`)
  t.ok(next(HOUR, 2 * HOUR) < next(0, HOUR) / 2)
  const calm = forecastArrivals(quietArrivals(), LIMIT, NOON).signUps(NOON, NOON + 7 * DAY)
  t.ok(next(0, 7 * DAY) <= calm + 61, 'no more than have come so far')
})

t.test('arrivals: a burst of seconds says nothing of days', async (t) => {
  const arrivals = quietArrivals()
  for (let i = 0; i < 30; i++) arrivals.signup.add(NOON - 1_000)
  const before = forecastArrivals(quietArrivals(), LIMIT, NOON).signUps(NOON, NOON + 7 * DAY)
  t.ok(forecastArrivals(arrivals, LIMIT, NOON).signUps(NOON, NOON + 7 * DAY) <= before + 31)
})

t.test('arrivals: past surges bound the size of a new one, and are left out of the baseline', async (t) => {
  const arrivals = quietArrivals()
  for (let i = 0; i < 500; i++) arrivals.signup.add(NOON - 3 * DAY + i * 10_000)
  const calm = forecastArrivals(arrivals, LIMIT, NOON)
  t.notOk(calm.isSurging)
  const before = calm.signUps(NOON, NOON + DAY)
  t.ok(before < 100, `${before} on a day without one`)
  for (let i = 0; i < 60; i++) arrivals.signup.add(NOON - 10 * MINUTE + i * 10_000)
  t.ok(forecastArrivals(arrivals, LIMIT, NOON).signUps(NOON, NOON + DAY) > before + 200)
})

t.test('arrivals: a single sign-up is no surge', async (t) => {
  const arrivals = quietArrivals()
  arrivals.signup.add(NOON - MINUTE, 2)
  t.notOk(forecastArrivals(arrivals, LIMIT, NOON).isSurging)
})
