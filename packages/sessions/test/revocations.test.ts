import { TestClock } from '@ikigai/testkit'
import fc from 'fast-check'
import t from 'tap'
import { createRevocations, type Revocations, type Session } from '../src/index.ts'

const NOW = Date.parse('2026-06-01T12:00:00Z')
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

const sessionOf = (athleteId: string, sid: string, issuedAtMs = NOW): Session => ({
  athleteId,
  sid,
  issuedAtMs,
  expiresAtMs: issuedAtMs + 30 * DAY_MS,
})

t.test('revocations: of one session, or of all of an athlete', async (t) => {
  const revocations = createRevocations({ clock: new TestClock(NOW) })
  const mine = sessionOf('1', 'phone')
  t.notOk(revocations.isRevoked(mine))
  revocations.revokeSession(mine.sid, mine.expiresAtMs)
  t.ok(revocations.isRevoked(mine))
  t.notOk(revocations.isRevoked(sessionOf('1', 'laptop')))

  revocations.revokeAthlete('1', NOW)
  t.ok(revocations.isRevoked(sessionOf('1', 'laptop')), 'minted in the same millisecond')
  t.notOk(revocations.isRevoked(sessionOf('1', 'laptop', NOW + 1)), 'of a later sign-in')
  t.notOk(revocations.isRevoked(sessionOf('2', 'laptop')))
})

t.test('revocations: order and repetition do not matter', async () => {
  type Told = { readonly what: 'session' | 'athlete'; readonly name: string; readonly atMs: number }
  const told: fc.Arbitrary<Told> = fc.record({
    what: fc.constantFrom('session', 'athlete'),
    name: fc.constantFrom('1', '2'),
    atMs: fc.integer({ min: NOW - 3, max: NOW + 3 }),
  })
  const tell = (revocations: Revocations, list: readonly Told[]) => {
    for (const { what, name, atMs } of list) {
      if (what === 'session') revocations.revokeSession(name, atMs)
      else revocations.revokeAthlete(name, atMs)
    }
  }
  const sessions = ['1', '2'].flatMap((name) =>
    [-3, -2, -1, 0, 1, 2, 3].map((ms) => sessionOf(name, name === '1' ? '2' : 'x', NOW + ms)),
  )
  const lists = fc
    .array(told, { maxLength: 8 })
    .chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 }),
        fc.nat(3),
      ),
    )
  fc.assert(
    fc.property(lists, ([list, shuffled, laterMs]) => {
      const clock = new TestClock(NOW)
      const [one, other] = [
        createRevocations({ clock, maxTtlMs: 2 }),
        createRevocations({ clock, maxTtlMs: 2 }),
      ]
      tell(one, list)
      tell(other, shuffled)
      void clock.advance(laterMs)
      one.prune()
      other.prune()
      return sessions.every((session) => one.isRevoked(session) === other.isRevoked(session))
    }),
  )
})

t.test('revocations: dropped only once the session has expired', async (t) => {
  const clock = new TestClock(NOW)
  const revocations = createRevocations({ clock })
  const mine = sessionOf('1', 'phone')
  revocations.revokeSession(mine.sid, NOW + DAY_MS)
  revocations.revokeAthlete('2', NOW)
  await clock.advance(DAY_MS - 1)
  revocations.prune()
  t.ok(revocations.isRevoked(mine))
  t.equal(revocations.size, 2)
  await clock.advance(1)
  revocations.prune()
  t.equal(revocations.size, 1)

  await clock.advanceTo(NOW + 30 * DAY_MS - 1)
  revocations.prune()
  t.ok(revocations.isRevoked(sessionOf('2', 'laptop')), 'as long as a session of that day may last')
  await clock.advance(1)
  revocations.prune()
  t.equal(revocations.size, 0)
})

t.test('revocations: bounded over months', async (t) => {
  const clock = new TestClock(NOW)
  const revocations = createRevocations({ clock, maxTtlMs: DAY_MS })
  let most = 0
  for (let minute = 0; minute < 10 * 24 * 60; minute += 10) {
    revocations.revokeSession(`sid-${minute}`, clock.now() + DAY_MS)
    revocations.revokeAthlete(`${minute}`, clock.now())
    most = Math.max(most, revocations.size)
    await clock.advance(10 * MINUTE_MS)
  }
  // 144 of each in a day.
  t.equal(most, 2 * 144)
})
