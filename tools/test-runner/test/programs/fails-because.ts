import t from '../../src/current-test.ts'

t.test('a property', async () => {
  const deepest = new Error('the deepest cause', { cause: 'no error at all' })
  const inner = new TypeError('the inner cause', { cause: deepest })
  throw new Error('Property failed after 3 tests\nCounterexample: [7]', { cause: inner })
})
