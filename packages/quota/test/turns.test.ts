import t from 'tap'
import { compareTurns, type PagesToCome, pagesBefore, passOf, type Turn } from '../src/index.ts'

/** Jobs of one lane, as they are served one after the other; `enqueue` is what a lane keeps for it. */
function lane() {
  const waiting: (Turn & { athlete: string })[] = []
  const lastPass = new Map<string, number>()
  let laneTime = 0
  let arrivals = 0
  return {
    waiting,
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

/** Histories that are fetched in turns: each athlete's next page waits until his last one. */
function histories(
  pagesOf: Readonly<Record<string, { readonly pages: number; readonly present?: boolean }>>,
) {
  const { enqueue, serve, waiting } = lane()
  const left = new Map(Object.entries(pagesOf).map(([athlete, { pages }]) => [athlete, pages]))
  for (const [athlete, { present }] of Object.entries(pagesOf)) enqueue(athlete, present)
  return {
    serveNext: () => {
      const athlete = serve() ?? ''
      const pages = (left.get(athlete) ?? 0) - 1
      left.set(athlete, pages)
      if (pages > 0) enqueue(athlete, pagesOf[athlete]?.present)
      return athlete
    },
    toCome: () =>
      new Map(
        waiting.map((turn): [string, PagesToCome] => [
          turn.athlete,
          { turn, pages: left.get(turn.athlete) ?? 0 },
        ]),
      ),
  }
}

t.test('how many pages of others come before the last of his', async (t) => {
  const { serveNext, toCome } = histories({
    a: { pages: 3 },
    b: { pages: 7, present: true },
    c: { pages: 1 },
    d: { pages: 5 },
    e: { pages: 9, present: true },
    f: { pages: 4 },
  })
  const served: string[] = []
  const told: [string, number, number][] = []
  while (toCome().size > 0) {
    for (const [athlete, own] of toCome()) {
      const others = [...toCome()].filter(([other]) => other !== athlete)
      const before = others.reduce((sum, [, other]) => sum + pagesBefore(other, own), 0)
      told.push([athlete, served.length, before + own.pages])
    }
    served.push(serveNext())
  }
  for (const [athlete, at, pages] of told)
    t.equal(served.lastIndexOf(athlete) + 1, at + pages, `${athlete} after ${at}`)
})
