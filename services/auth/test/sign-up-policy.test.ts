import t from 'tap'
import { hasRoom, REFUSAL_TTL_MS, refuseSignUp } from '../src/sign-up/policy.ts'

t.test('sign-up policy: decides by mode, list and invitation', async (t) => {
  const neither = { isAllowed: false, invitation: 'none' } as const
  const listed = { isAllowed: true, invitation: 'none' } as const
  const invited = { isAllowed: false, invitation: 'valid' } as const
  const late = { isAllowed: false, invitation: 'invalid' } as const
  for (const credentials of [neither, listed, invited, late])
    t.equal(refuseSignUp('open', credentials), undefined)
  t.equal(refuseSignUp('invite', neither), 'invitation-required')
  t.equal(refuseSignUp('invite', late), 'invitation-invalid')
  t.equal(refuseSignUp('invite', invited), undefined)
  t.equal(refuseSignUp('invite', listed), undefined)
  for (const credentials of [neither, invited, late])
    t.equal(refuseSignUp('allow-list', credentials), 'sign-up-not-allowed')
  t.equal(refuseSignUp('allow-list', listed), undefined)
})

t.test('athlete capacity: by the configured limit, else by Strava’s last refusal for an hour', async (t) => {
  const now = 1_000_000_000
  const refusal = { at: now - 1, connected: 10 }
  t.ok(hasRoom({ limit: undefined, connected: 9_999, refusal: undefined }, now), 'nothing is known')
  t.ok(hasRoom({ limit: 10, connected: 9, refusal: undefined }, now))
  t.notOk(hasRoom({ limit: 10, connected: 10, refusal: undefined }, now))
  t.notOk(hasRoom({ limit: 10, connected: 11, refusal: undefined }, now), 'a lowered limit')
  t.notOk(hasRoom({ limit: undefined, connected: 10, refusal }, now))
  t.ok(hasRoom({ limit: undefined, connected: 9, refusal }, now), 'an athlete has left since')
  t.ok(hasRoom({ limit: undefined, connected: 10, refusal }, now + REFUSAL_TTL_MS))
})
