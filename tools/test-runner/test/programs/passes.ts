import t from '../../src/current-test.ts'

t.equal(1, 1)
t.test('skipped', { skip: true }, async () => {})
