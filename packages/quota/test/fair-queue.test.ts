import fc from 'fast-check'
import t from 'tap'
import { FairQueue, type PagesToCome, pagesBefore } from '../src/index.ts'

/** A lane in which everybody has so many calls waiting, served one after the other. */
function lane(calls: Readonly<Record<string, number>>, watching: readonly string[] = []) {
  const left = new Map(Object.entries(calls))
  const queue = new FairQueue<string>((athlete) => watching.includes(athlete))
  const add = (athlete: string, more = 0) => {
    left.set(athlete, (left.get(athlete) ?? 0) + more)
    queue.add(athlete)
    queue.watch(athlete)
  }
  for (const athlete of left.keys()) add(athlete)
  const serve = () => {
    const athlete = queue.take()
    if (athlete === undefined) return ''
    left.set(athlete, (left.get(athlete) ?? 0) - 1)
    queue.finish(athlete, (left.get(athlete) ?? 0) > 0)
    return athlete
  }
  return { queue, left, add, serve, serveAll: () => [...Array(1_000)].map(serve).join('') }
}

t.test('fair queue: athletes take turns, whatever they have waiting', async (t) => {
  t.equal(lane({ a: 4, b: 2, c: 3 }).serveAll(), 'abcabcaca')
})

t.test(
  'fair queue: a newcomer waits for one call of each other athlete, however much work they have',
  async (t) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 100 }), (others, served) => {
        const { add, serve } = lane(Object.fromEntries([...Array(others).keys()].map((i) => [`${i}`, 500])))
        for (let i = 0; i < served; i++) serve()
        add('new', 1)
        return [...Array(others + 1)].map(serve).includes('new')
      }),
    )
    t.pass()
  },
)

t.test('fair queue: who watches is served before the others, by every second call at most', async (t) => {
  t.equal(lane({ a: 2, b: 2, c: 2, w: 4 }, ['w']).serveAll(), 'wawbwcwabc')
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 10 }), (others, watchers) => {
      const names = [...Array(watchers).keys()].map((i) => `w${i}`)
      const calls = Object.fromEntries(
        [...names, ...[...Array(others).keys()].map((i) => `${i}`)].map((n) => [n, 99]),
      )
      const { add, serve } = lane(calls, names)
      add('new', 1)
      return [...Array(2 * (others + watchers + 1))].map(serve).includes('new')
    }),
  )
})

t.test('fair queue: a released athlete keeps the place; a claimed one is not claimed again', async (t) => {
  const { queue } = lane({ a: 1, b: 1 })
  t.equal(queue.take(), 'a')
  t.equal(queue.take(), 'b')
  t.notOk(queue.hasNext())
  queue.release('b')
  queue.release('a')
  t.equal(queue.take(), 'a')
})

/** What {@link pagesBefore} tells, of everybody in the lane. */
function toldOf({ queue, left }: ReturnType<typeof lane>, athlete: string, watching: readonly string[] = []) {
  const others = [...left].flatMap(([other, pages]): PagesToCome[] => {
    if (other === athlete || pages === 0) return []
    const isAhead = (queue.placeOf(other) ?? 0) < (queue.placeOf(athlete) ?? 0)
    return [{ pages, isAhead, isWatching: watching.includes(other), count: 1 }]
  })
  return pagesBefore(left.get(athlete) ?? 0, others)
}

t.test(
  'fair queue: counts exactly the pages of others before an athlete’s last one, while nobody watches',
  async (t) => {
    const histories = lane({ a: 3, b: 7, c: 1, d: 5, e: 9, f: 4 })
    const served: string[] = []
    const told: [string, number, number][] = []
    while (histories.queue.size > 0) {
      for (const [athlete, pages] of histories.left)
        if (pages > 0) told.push([athlete, served.length, toldOf(histories, athlete).inTurn + pages])
      served.push(histories.serve())
    }
    for (const [athlete, at, pages] of told)
      t.equal(served.lastIndexOf(athlete) + 1, at + pages, `${athlete} after ${at}`)
  },
)

t.test('fair queue: and nearly so for who watches', async (t) => {
  const watching = ['w', 'x']
  const calls = { a: 30, b: 30, c: 30, d: 30, e: 30, f: 30, w: 5, x: 9 }
  const histories = lane(calls, watching)
  const told = watching.map((athlete) => toldOf(histories, athlete, watching).whileWatching)
  const served = [...histories.serveAll()]
  for (const [i, athlete] of watching.entries()) {
    const pages = (told[i] ?? 0) + (i === 0 ? calls.w : calls.x)
    const last = served.lastIndexOf(athlete) + 1
    t.ok(Math.abs(last - pages) <= 2, `${athlete}: ${last}, told ${pages}`)
  }
})
