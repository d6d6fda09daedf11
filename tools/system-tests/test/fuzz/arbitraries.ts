import { gzipSync } from 'node:zlib'
import fc, { type Arbitrary } from 'fast-check'

/** Numbers and what looks like them, as JSON text: beyond 2^53, int64 and 96 bits, fractions, exponents. */
const numberText: Arbitrary<string> = fc.oneof(
  fc.bigInt({ min: -(2n ** 96n), max: 2n ** 96n }).map(String),
  fc.constantFrom('9007199254740993', '9223372036854775807', '9223372036854775808', '0', '-0', '01', '1.0'),
  fc.constantFrom('1e3', '1E400', '-1', '0x10', 'NaN', 'Infinity', '253402300800', '0.1'),
  fc.integer({ min: 100, max: 5_000 }).map((digits) => '9'.repeat(digits)),
)

/** Texts of odd characters, as JSON strings; some with escapes that are none. */
const stringText: Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }).map((text) => JSON.stringify(text)),
  fc.constantFrom(
    '"\\u0000"',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\x41"',
    '"\u2028"',
    '"false"',
    '"true"',
    '""',
  ),
  fc.integer({ min: 1, max: 70_000 }).map((length) => `"${'x'.repeat(length)}"`),
)

const deepText: Arbitrary<string> = fc
  .tuple(fc.constantFrom(['[', ']'], ['{"a":', '}']), fc.integer({ min: 1, max: 20_000 }), fc.boolean())
  .map(
    ([[open = '', close = ''], depth, closed]) =>
      `${open.repeat(depth)}1${closed ? close.repeat(depth) : ''}`,
  )

/** Anything where a JSON value could stand. */
export const valueText: Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: numberText },
  { weight: 4, arbitrary: stringText },
  { weight: 2, arbitrary: fc.json({ maxDepth: 4 }) },
  { weight: 1, arbitrary: deepText },
  {
    weight: 1,
    arbitrary: fc.constantFrom('null', 'true', '[]', '{}', '', ',', '{"__proto__":{"a":1}}', '/**/1'),
  },
)

const ODD_KEYS = ['__proto__', 'constructor', 'toString', '', 'object_id', 'owner_id', 'athlete_id', 'limit']

/** An object like `base`, with values replaced, left out, given twice, and others added. */
export function objectLike(base: Readonly<Record<string, string>>): Arbitrary<string> {
  const names = Object.keys(base)
  const change = fc.record({
    name: fc.constantFrom(...names, ...ODD_KEYS),
    value: valueText,
    twice: fc.boolean(),
  })
  return fc.tuple(fc.array(change, { maxLength: 3 }), fc.subarray(names)).map(([changes, left]) => {
    const kept = changes.length > 0 ? names : left
    const entries = kept
      .filter((name) => !changes.some((other) => other.name === name && !other.twice))
      .map((name) => `${JSON.stringify(name)}:${base[name]}`)
    const added = changes.map(({ name, value }) => `${JSON.stringify(name)}:${value}`)
    return `{${[...entries, ...added].join(',')}}`
  })
}

/** A text in bytes: right, in another encoding, damaged, cut off, or compressed. */
export const encoded = (text: Arbitrary<string>): Arbitrary<Uint8Array> =>
  fc.tuple(text, fc.nat({ max: 15 }), fc.nat(), fc.nat({ max: 255 })).map(([value, way, at, byte]) => {
    const bytes = Buffer.from(value, 'utf8')
    const position = bytes.length === 0 ? 0 : at % bytes.length
    switch (way) {
      case 0:
        return Buffer.from(value, 'utf16le')
      case 1:
        return Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(value, 'utf16le').swap16()])
      case 2:
        return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes])
      case 3:
        return Buffer.from(value, 'latin1')
      case 4:
        return bytes.subarray(0, position)
      case 5:
        return gzipSync(bytes)
      case 6:
      case 7: {
        const damaged = Buffer.from(bytes)
        if (damaged.length > 0) damaged[position] = byte
        return damaged
      }
      default:
        return bytes
    }
  })

const SEGMENTS = [
  ...[
    '/',
    '//',
    '..',
    '/../',
    '%2e%2e',
    '%2f',
    '%2F..%2F',
    '%252e%252e',
    '%00',
    '%c0%af',
    '%ff',
    '%',
    '%zz',
    '\\',
    ';',
  ],
  ...['?', '#', '&', '=', '?a[]=1', '?__proto__[x]=1', '@', ':', '*', '\u00e9', '\u0001', ' ', '.', '~'],
  ...[
    'v1',
    'activities',
    'random',
    'me',
    'import',
    'export',
    'status',
    'auth',
    'login',
    'callback',
    'logout',
    'webhooks',
  ],
  ...[
    'strava',
    'healthz',
    'metrics',
    'assets',
    'index.html',
    '1',
    '9223372036854775808',
    'return_to=',
    'state=',
    'code=',
  ],
]

/** Addresses: pieces of our own and tricks, in any order; now and then a long one. */
export const path: Arbitrary<string> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.array(fc.constantFrom(...SEGMENTS), { maxLength: 8 }).map((parts) => `/${parts.join('')}`),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 20_000 }).map((length) => `/${'a'.repeat(length)}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '*',
      'http://evil.example/v1/me',
      '',
      'evil.example:80',
      '/v1/activities?'.repeat(50),
    ),
  },
)

/** A query that the API knows, with values that it does not. */
export const query: Arbitrary<string> = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        'limit',
        'cursor',
        'sport_type',
        'after',
        'before',
        'min_distance',
        'max_distance',
        'q',
        'sort',
        'x',
      ),
      fc.oneof(
        numberText,
        fc.string({ unit: 'binary', maxLength: 30 }),
        fc.constantFrom('', '2026-01-01', 'Run', 'eyJ9', '%00'),
      ),
      fc.boolean(),
    ),
    { maxLength: 5 },
  )
  .map((pairs) =>
    pairs
      .map(
        ([name, value, raw]) =>
          `${name}=${raw ? value.replaceAll(/[\s\0]/g, '') : encodeURIComponent(wellFormed(value))}`,
      )
      .join('&'),
  )
  .map((text) => text.replaceAll(/[^\x21-\x7e]/g, '%FF').slice(0, 4_000))

const wellFormed = (text: string) => Buffer.from(text, 'utf8').toString('utf8')

export const method = fc.constantFrom(
  'GET',
  'POST',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'PUT',
  'PATCH',
  'TRACE',
  'CONNECT',
  'get',
  'X',
  '',
)

const HEADERS = [
  ...[
    'content-type: application/json',
    'content-type: text/plain',
    'content-type: application/json; charset=utf-16',
  ],
  ...[
    'content-type: multipart/form-data; boundary=x',
    'content-type: ;',
    'content-type: application/x-www-form-urlencoded',
  ],
  ...[
    'content-encoding: gzip',
    'transfer-encoding: chunked',
    'transfer-encoding: xchunked',
    'transfer-encoding : chunked',
  ],
  ...[
    'transfer-encoding: chunked, identity',
    'content-length: 0',
    'content-length: -1',
    'content-length: 1e3',
    'content-length: +5',
  ],
  ...[
    'content-length: 99999999999999999999',
    'expect: 100-continue',
    'upgrade: websocket',
    'http2-settings: x',
    'te: trailers',
  ],
  ...[
    'authorization: Bearer',
    'authorization: Bearer a.b.c',
    'authorization: Basic Og==',
    'cookie: =',
    'cookie: ikigai_session=%00',
  ],
  ...[
    'cookie: __proto__=1',
    'host: evil.example',
    'x-forwarded-for: 127.0.0.1',
    'x-forwarded-host: evil.example',
    'origin: null',
  ],
  ...[
    'accept: text/html',
    'accept: \u00ff',
    'if-none-match: "x"',
    'range: bytes=0-1',
    'sec-fetch-site: cross-site',
    'traceparent: 00-x',
  ],
  ...[
    'x: y\r\n z',
    'bad header',
    'x\u0000: y',
    ': y',
    'x:\u0001',
    'x-strava-signature: t=1,v1=x',
    `long: ${'x'.repeat(17_000)}`,
  ],
]

/** Header lines, tricks among them; the length of the body is right in most cases. */
export const headers: Arbitrary<readonly string[]> = fc.array(fc.constantFrom(...HEADERS), { maxLength: 4 })
