import t from 'tap'
import { refuseSignUp } from '../src/sign-up/policy.ts'

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
