import t from '../../src/current-test.ts'

t.test('outer', async (t) => {
  t.test('inner', async (t) => {
    process.stderr.write('what it wrote\n')
    t.equal(1, 2, 'one is two')
  })
})
