import t from '../../src/current-test.ts'

setTimeout(() => {
  throw new Error('thrown when nobody listens')
}, 50)
t.pass()
