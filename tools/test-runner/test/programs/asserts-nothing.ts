import t from '../../src/current-test.ts'

t.test('empty', async () => {})
