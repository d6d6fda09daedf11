import { testDatabase } from '@ikigai/testkit'
import fc from 'fast-check'
import postgres from 'postgres'
import t from 'tap'
import { toJsonbText } from '../src/index.ts'
import { fixtureText } from './support.ts'

/** Strings with much of what is refused, beside what looks like it. */
const nastyString = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\0',
        '\ud83d',
        '\ude00',
        '\ud83d\ude00',
        '\\',
        '\\u0000',
        '\\\\',
        '"',
        'u0000',
        'ud83d',
        '\n',
        'ü',
        '/',
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''))

const nastyValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    nastyString,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(nastyString, tie('value'), { maxKeys: 4 }),
  ),
})).value

/** JSON of a value with every character that can be escaped as `\uXXXX` escaped so, in upper case. */
function escapedJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}`,
  )
}

/** Expected meaning of the sanitised text. */
function expected(value: unknown): unknown {
  if (typeof value === 'string') return cleaned(value)
  if (Array.isArray(value)) return value.map(expected)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [cleaned(key), expected(inner)]))
}

function cleaned(text: string): string {
  return text.replaceAll('\0', '\ufffd').replace(/\p{Surrogate}/gu, '\ufffd')
}

t.test('jsonb text: means the same but for what Postgres refuses', async (t) => {
  fc.assert(
    fc.property(nastyValue, fc.boolean(), (value, escaped) => {
      const text = escaped ? escapedJson(value) : JSON.stringify(value)
      const result = toJsonbText(text)
      t.equal(result.length, text.length)
      t.equal(toJsonbText(result), result)
      t.strictSame(JSON.parse(result), JSON.parse(JSON.stringify(expected(value))))
    }),
    { numRuns: 300 },
  )
})

t.test('jsonb text: texts without such escapes stay byte for byte', async (t) => {
  const detail = fixtureText('activities/ebikeride-photos')
  t.equal(toJsonbText(detail), detail)
  const text =
    '{"a":"\\\\u0000 \\\\\\\\ud800 \\ud83d\\uDE00 \\u00e9","n":1e400,"i":3085395771834188816,"f":1.50}'
  t.equal(toJsonbText(text), text)
})

t.test('jsonb text: replaces each refused escape', async (t) => {
  const cases = [
    ['"\\u0000"', '"\\ufffd"'],
    ['"\\\\\\u0000"', '"\\\\\\ufffd"'],
    ['"\\ud83d"', '"\\ufffd"'],
    ['"\\uDE00\\ud83d"', '"\\ufffd\\ufffd"'],
    ['"\\ud83d\\ud83d\\ude00"', '"\\ufffd\\ud83d\\ude00"'],
    ['"\\ud83d\\ude00\\ude00"', '"\\ud83d\\ude00\\ufffd"'],
    ['"\\ud83d\\n\\ude00"', '"\\ufffd\\n\\ufffd"'],
    ['{"\\u0000":1}', '{"\\ufffd":1}'],
  ]
  for (const [text = '', result = ''] of cases) t.equal(toJsonbText(text), result, text)
})

t.test('jsonb text: Postgres takes it as jsonb, and gives long numbers back', async (t) => {
  const { url } = await testDatabase(t, { migrated: false })
  const sql = postgres(url, { max: 1 })
  t.teardown(() => sql.end())
  const accepts = async (text: string) => await sql`select (${text}::text::jsonb)::text as stored`
  await t.rejects(accepts('"\\u0000"'), 'the reason for all this')
  await t.rejects(accepts('"\\ud83d"'), 'the other reason')
  await fc.assert(
    fc.asyncProperty(nastyValue, async (value) => {
      const [row] = await accepts(toJsonbText(escapedJson(value)))
      t.strictSame(JSON.parse(row?.['stored']), JSON.parse(JSON.stringify(expected(value))))
    }),
    { numRuns: 100 },
  )
  const [row] = await accepts('[3085395771834188816]')
  t.equal(row?.['stored'], '[3085395771834188816]')
})
