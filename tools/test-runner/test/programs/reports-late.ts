import t from '../../src/current-test.ts'

t.test('ends before its assertion', async (t) => {
  setTimeout(() => t.fail('late'), 50)
  t.pass()
})
