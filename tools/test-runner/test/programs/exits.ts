import t from '../../src/current-test.ts'

t.test('before', async (t) => t.pass())
t.test('exits', async () => process.exit(0))
