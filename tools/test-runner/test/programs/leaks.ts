import t from '../../src/current-test.ts'

setInterval(() => {}, 1_000)
t.pass()
