import t from '../../src/current-test.ts'

t.test('a test that runs', async () => {
  setTimeout(() => {
    throw new Error('thrown in a timer')
  }, 50)
  await new Promise(() => {})
})
t.test('the next one', async () => {
  void Promise.reject(new Error('a rejection that nobody handles'))
  await new Promise(() => {})
})
t.test('the last', async (t) => t.pass())
