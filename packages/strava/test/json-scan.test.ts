import fc from 'fast-check'
import t from 'tap'
import { isWithinMaxDepth, splitJsonArray } from '../src/json-scan.ts'

t.test('json scan: the elements of any array come apart as they stand', async (t) => {
  const brackets = fc.string({ unit: fc.constantFrom('[', ']', '{', '}', ',', '"', '\\', 'a', ' ') })
  const element = fc.oneof(fc.jsonValue({ maxDepth: 4 }), brackets, fc.dictionary(brackets, brackets))
  fc.assert(
    fc.property(fc.array(element), fc.constantFrom(undefined, 1), (array, indent) => {
      const elements = splitJsonArray(` \n${JSON.stringify(array, null, indent)}\t`)
      t.strictSame(
        elements?.map((text) => JSON.parse(text)),
        JSON.parse(JSON.stringify(array)),
      )
      if (indent === undefined) t.equal(`[${elements?.join(',')}]`, JSON.stringify(array))
    }),
    { numRuns: 200 },
  )
})

t.test('json scan: what is no array is none', async (t) => {
  const others = [
    '',
    ' ',
    '{}',
    '1',
    'null',
    '"[]"',
    '[',
    ']',
    '[1',
    '[1]]',
    '[[1]',
    '["a]',
    '[1][2]',
    '[1],2',
    '{"a":[1]}',
    '["a\\"]',
  ]
  for (const text of others) t.equal(splitJsonArray(text), undefined, text)
  t.strictSame(splitJsonArray('[ ]'), [])
  t.strictSame(splitJsonArray('[1,]'), ['1', ''], 'whether an element is JSON is for a parser to say')
})

t.test('json scan: hostile nesting is refused without recursion', async (t) => {
  const deep = '['.repeat(1_000_000)
  t.equal(splitJsonArray(deep + ']'.repeat(1_000_000)), undefined)
  t.equal(isWithinMaxDepth(`{"a":${'['.repeat(150)}${']'.repeat(150)}}`), false)
  t.equal(isWithinMaxDepth(`{"a":${'['.repeat(50)}${']'.repeat(50)}}`), true)
  t.equal(isWithinMaxDepth('{"a":1}}'), false)
})
