import t from '../../src/current-test.ts'

t.test('never lets go', async () => {
  for (;;);
})
