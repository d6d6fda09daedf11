import fc from 'fast-check'
import t from 'tap'
import { follow, type KnownHistory, pageSize, type ShownPage, WALK_START, type Walk } from '../src/index.ts'

/** More by hand: `IKIGAI_PROPERTY_RUNS=5000 IKIGAI_PROPERTY_SEED=7 npm test -- packages/strava/test/history-walk.test.ts` */
const RUNS = Number(process.env['IKIGAI_PROPERTY_RUNS'] ?? 300)
const SEED = Number(process.env['IKIGAI_PROPERTY_SEED'] ?? 1)

/** An activity at Strava. */
interface Item {
  readonly id: number
  readonly start: number
  readonly unreadable?: boolean
}

/** Strava's answer: newest first, `before` excluded; `change` says what becomes of the page. */
type Change = (
  page: readonly Item[],
  about: { readonly call: number; readonly before: readonly Item[]; readonly size: number },
) => readonly Item[]

const shownBy = (page: readonly Item[]): ShownPage => {
  const starts = page.filter(({ unreadable }) => unreadable !== true).map(({ start }) => start)
  const oldest = starts.length === 0 ? undefined : Math.min(...starts)
  return {
    count: page.length,
    oldest,
    newest: starts.length === 0 ? undefined : Math.max(...starts),
    atOldest: starts.filter((start) => start === oldest).length,
  }
}

/** Walks a history to its end. */
function walkThrough(history: readonly Item[], change: Change = (page) => page, known?: KnownHistory) {
  const newestFirst = [...history].sort((a, b) => b.start - a.start || b.id - a.id)
  const seen = new Set<number>()
  const asked: Walk[] = []
  let walk = WALK_START
  let last: readonly Item[] = []
  for (;;) {
    const { before, page } = walk
    asked.push(walk)
    if (asked.length > 2_000) throw new Error('the walk does not end')
    const size = pageSize(walk)
    const there = newestFirst.filter(({ start }) => before === null || start < before)
    last = change(there.slice((page - 1) * size, page * size), { call: asked.length, before: last, size })
    for (const { id, unreadable } of last) if (unreadable !== true) seen.add(id)
    const next = follow(walk, shownBy(last), known)
    if (next.kind !== 'ask') return { end: next.kind, seen, calls: asked.length, asked }
    walk = next.walk
  }
}

const even = (count: number): Item[] =>
  Array.from({ length: count }, (_, id) => ({ id, start: 1_000_000 + id * 3_600 }))

t.test('walk: a regular history takes one call more than its pages', async (t) => {
  for (const [count, calls] of [
    [0, 2],
    [1, 3],
    [2, 2],
    [7, 2],
    [180, 2],
    [650, 5],
    [1_000, 7],
    [4_000, 22],
  ] as const) {
    const walked = walkThrough(even(count))
    t.match(walked, { end: 'end', calls }, `${count} activities`)
    t.equal(walked.seen.size, count)
  }
  t.match(walkThrough(even(200)), { calls: 3 }, 'a full last page gives no sign, so two more are asked for')
})

t.test('walk: a short page is not the end', async (t) => {
  for (const missing of [1, 19, 20, 21, 150, 199])
    for (const short of [1, 2, 3, 4]) {
      const { seen, end } = walkThrough(even(650), (page, { call }) =>
        call === short ? page.slice(0, Math.max(1, page.length - missing)) : page,
      )
      t.match({ size: seen.size, end }, { size: 650, end: 'end' }, `page ${short} lacks ${missing}`)
    }
})

t.test('walk: where every page is short, all is found', async (t) => {
  for (const kept of [1, 2, 30, 100, 199]) {
    const history = even(kept < 3 ? 40 : 450)
    const { seen, calls } = walkThrough(history, (page) => page.slice(0, kept + 1))
    t.equal(seen.size, history.length)
    t.ok(calls <= 6 + (2 * history.length) / kept, `${calls} calls of ${kept} more`)
  }
})

t.test('walk: an empty page, or one seen before, is asked for once more', async (t) => {
  for (const call of [1, 2, 3, 4]) {
    t.equal(walkThrough(even(650), (page, { call: at }) => (at === call ? [] : page)).seen.size, 650)
    t.equal(
      walkThrough(even(650), (page, { call: at, before }) => (at === call ? before : page)).seen.size,
      650,
    )
  }
  t.equal(walkThrough(even(650), (page, { call }) => (call > 2 ? [] : page)).calls, 5, 'and then believed')
})

t.test('walk: an empty page after a page far from full is no end', async (t) => {
  for (const [count, lacks] of [
    [650, 20],
    [650, 150],
    [150, 1],
    [2, 1],
  ] as const)
    for (const short of [1, 2, 3]) {
      const { seen } = walkThrough(even(count), (page, { call }) =>
        call === short ? page.slice(0, Math.max(1, page.length - lacks)) : call === short + 1 ? [] : page,
      )
      t.equal(seen.size, count, `page ${short} of ${count} lacks ${lacks}, and the next one is empty`)
    }
})

t.test('walk: a short page that cuts a second in two is no end', async (t) => {
  const history = [...even(300), { id: 300, start: 1_000_000 + 200 * 3_600 }]
  for (const kept of [100, 101, 150]) {
    const { seen } = walkThrough(history, (page, { call }) => (call === 1 ? page.slice(0, kept) : page))
    t.equal(seen.size, history.length, `${kept} of 200`)
  }
})

t.test('walk: what cannot be read is no end', async (t) => {
  const unreadable = (from: number, to: number) =>
    even(650).map((item) => (item.id >= from && item.id < to ? { ...item, unreadable: true } : item))
  for (const [from, to] of [
    [640, 650],
    [0, 10],
    [250, 649],
    [0, 300],
    [0, 650],
  ] as const) {
    const { seen, end } = walkThrough(unreadable(from, to))
    t.match({ size: seen.size, end }, { size: 650 - (to - from), end: 'end' }, `${from} to ${to}`)
  }
})

t.test('walk: complete only if it has returned all known activities', async (t) => {
  const met = { unmet: 0, savesTheEnd: false }
  t.match(walkThrough(even(650), undefined, { ...met, unmet: 3 }), { end: 'incomplete' })
  t.match(walkThrough(even(650), undefined, met), { end: 'end', calls: 5 })
  t.match(walkThrough(even(650), undefined, { ...met, savesTheEnd: true }), { end: 'end', calls: 4 })
  t.match(walkThrough([], undefined, { unmet: 5, savesTheEnd: true }), { end: 'incomplete', calls: 2 })
})

/** A page that leaves a part of its items to the next one. */
const shortened = (page: readonly Item[], lacks: number, shows = 1) =>
  page.slice(0, Math.max(shows, page.length - Math.floor(page.length * lacks)))

const irregular = fc.record({
  kind: fc.constantFrom('short', 'hole', 'repeat', 'short, then a hole' as const),
  every: fc.integer({ min: 3, max: 5 }),
  lacks: fc.double({ min: 0, max: 0.95, noNaN: true }),
})

t.test('walk: short, empty or repeated pages, or short and then empty ones, lose nothing', async (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 0, maxLength: 700, size: 'max' }),
      fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 3 }),
      irregular,
      (starts, shared, { kind, every, lacks }) => {
        // What shares a second fits a page: more of it, and irregular at that, only the next listing finds.
        const single = new Set(starts)
        // Of two wrong answers in a row, the first must show something older, and no second can be shared.
        const isTwice = kind === 'short, then a hole'
        const groups = isTwice ? [] : shared
        const seconds = [...single, ...groups.flatMap((size, n) => Array<number>(size).fill(n * 1_500))]
        const history = seconds.map((start, id) => ({ id, start: start * 60 }))
        const { seen } = walkThrough(history, (page, { call, before }) => {
          if (isTwice && call % every === 1) return []
          if (call % every !== 0) return page
          if (kind === 'hole') return []
          return kind === 'repeat' ? before : shortened(page, lacks, isTwice ? 2 : 1)
        })
        return seen.size === history.length
      },
    ),
    { numRuns: RUNS, seed: SEED, endOnFailure: true },
  )
  t.pass()
})

t.test('walk: more in one second than a page holds, on short pages too', async (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 190, max: 600 }),
      fc.nat(300),
      fc.nat(300),
      fc.double({ min: 0, max: 0.1, noNaN: true }),
      (busy, newer, older, lacks) => {
        const history = [
          ...even(older),
          ...Array.from({ length: busy }, (_, n) => ({ id: 10_000 + n, start: 9_000_000 })),
          ...Array.from({ length: newer }, (_, n) => ({ id: 20_000 + n, start: 10_000_000 + n * 60 })),
        ]
        const { seen } = walkThrough(history, (page, { size }) =>
          page.length < size ? page : shortened(page, lacks),
        )
        return seen.size === history.length
      },
    ),
    { numRuns: RUNS, seed: SEED, endOnFailure: true },
  )
  t.pass()
})
