import { eventually } from '@ikigai/testkit'
import t from 'tap'

t.test('eventually: it returns the first truthy value', async (t) => {
  let calls = 0
  const value = await eventually(
    () => {
      calls += 1
      if (calls === 1) throw new Error('not yet')
      return calls < 3 ? undefined : `call ${calls}`
    },
    { intervalMs: 0 },
  )
  t.equal(value, 'call 3')
})

t.test('eventually: it says what it waited for and how the last attempt ended', async (t) => {
  const neither = eventually(() => 0, { timeoutMs: 0, what: 'a row in the table' })
  await t.rejects(neither, {
    message: /^Not within 0 ms \(1 attempts\): a row in the table\. .* it returned 0\.$/,
  })
  const cause = new TypeError('no such table')
  const thrown = eventually(() => Promise.reject(cause), { timeoutMs: 0 })
  await t.rejects(thrown, {
    message: /Promise\.reject\(cause\)\. .* it threw TypeError: no such table\.$/,
    cause,
  })
})
