import t from 'tap'
import { hasRoom, REFUSAL_TTL_MS, signUpState } from '../src/index.ts'

t.test('room at Strava: by the limit, else by its last refusal for an hour', async (t) => {
  const now = 1_000_000_000
  const refusal = { at: now - 1, connected: 10 }
  t.ok(hasRoom({ limit: undefined, connected: 9_999, refusal: undefined }, now), 'nothing is known')
  t.ok(hasRoom({ limit: 10, connected: 9, refusal: undefined }, now))
  t.notOk(hasRoom({ limit: 10, connected: 10, refusal: undefined }, now))
  t.notOk(hasRoom({ limit: 10, connected: 11, refusal: undefined }, now), 'a limit that was lowered')
  t.notOk(hasRoom({ limit: undefined, connected: 10, refusal }, now))
  t.ok(hasRoom({ limit: undefined, connected: 9, refusal }, now), 'somebody has left since')
  t.ok(hasRoom({ limit: undefined, connected: 10, refusal }, now + REFUSAL_TTL_MS))
})

t.test('sign-up: who can make an account is public', async (t) => {
  const room = { limit: 10, connected: 9, refusal: undefined }
  t.equal(signUpState('open', room, 0), 'open')
  t.equal(signUpState('invite', room, 0), 'invite')
  t.equal(signUpState('allow-list', room, 0), 'allow_list')
  for (const mode of ['open', 'invite', 'allow-list'] as const)
    t.equal(signUpState(mode, { ...room, connected: 10 }, 0), 'full')
})
