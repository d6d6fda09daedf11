import t from '../../src/current-test.ts'

t.test('waits for what never comes', () => new Promise(() => {}))
