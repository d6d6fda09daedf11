import t from 'tap'
import { compareTurns, passOf, type Turn } from '../src/index.ts'

/** Jobs of one lane, as they are served one after the other; `enqueue` is what a lane keeps for it. */
function lane() {
  const waiting: (Turn & { athlete: string })[] = []
  const lastPass = new Map<string, number>()
  let laneTime = 0
  let arrivals = 0
  return {
    enqueue: (athlete: string, present = false) => {
      const pass = passOf(laneTime, lastPass.get(athlete) ?? 0)
      lastPass.set(athlete, pass)
      waiting.push({ athlete, pass, present, arrival: arrivals++ })
    },
    serve: () => {
      waiting.sort(compareTurns)
      const next = waiting.shift()
      laneTime = Math.max(laneTime, next?.pass ?? 0)
      return next?.athlete
    },
  }
}

t.test('a newcomer waits for one job of any other at most', async (t) => {
  const { enqueue, serve } = lane()
  for (let i = 0; i < 500; i++) enqueue('much')
  for (let i = 0; i < 10; i++) serve()
  enqueue('new')
  const served = [serve(), serve()]
  t.ok(served.includes('new'))
})

t.test('athletes take turns, whatever they have waiting', async (t) => {
  const { enqueue, serve } = lane()
  for (let i = 0; i < 4; i++) enqueue('a')
  for (let i = 0; i < 2; i++) enqueue('b')
  for (let i = 0; i < 3; i++) enqueue('c')
  t.equal(Array.from({ length: 9 }, serve).join(''), 'abcabcaca')
})

t.test('one who was away gets no credit for it', async (t) => {
  const { enqueue, serve } = lane()
  for (let i = 0; i < 9; i++) enqueue('a')
  for (let i = 0; i < 5; i++) serve()
  for (let i = 0; i < 4; i++) enqueue('b')
  t.equal(Array.from({ length: 8 }, serve).join(''), 'abababab')
})

t.test('among equals, those who are here go first', async (t) => {
  const { enqueue, serve } = lane()
  enqueue('a')
  enqueue('b')
  enqueue('c', true)
  enqueue('c', true)
  t.equal(Array.from({ length: 4 }, serve).join(''), 'cabc')
})
