import t from '../../src/current-test.ts'

t.plan(2)
t.pass()
