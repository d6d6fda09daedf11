import t from 'tap'
import { refuseSignUp } from '../src/sign-up/policy.ts'

t.test('who may make an account: by mode, list and invitation', async (t) => {
  const nobody = { isAllowed: false, invitation: 'none' } as const
  const listed = { isAllowed: true, invitation: 'none' } as const
  const invited = { isAllowed: false, invitation: 'valid' } as const
  const late = { isAllowed: false, invitation: 'invalid' } as const
  for (const claim of [nobody, listed, invited, late]) t.equal(refuseSignUp('open', claim), undefined)
  t.equal(refuseSignUp('invite', nobody), 'invitation-required')
  t.equal(refuseSignUp('invite', late), 'invitation-invalid')
  t.equal(refuseSignUp('invite', invited), undefined)
  t.equal(refuseSignUp('invite', listed), undefined)
  for (const claim of [nobody, invited, late])
    t.equal(refuseSignUp('allow-list', claim), 'sign-up-not-allowed')
  t.equal(refuseSignUp('allow-list', listed), undefined)
})
