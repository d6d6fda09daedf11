import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import {
  createKeyRing,
  KeyRingError,
  parseRingKeys,
  SealedTextError,
  type SealedTextFault,
} from '../src/index.ts'

const newKey = (id: string) => ({ id, key: randomBytes(32) })

function faultOf(open: () => string): SealedTextFault | undefined {
  try {
    open()
  } catch (error) {
    if (error instanceof SealedTextError) return error.fault
    throw error
  }
  return undefined
}

t.test('key ring: a sealed text opens under the same context', async () => {
  const ring = createKeyRing([newKey('k1')])
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (plaintext, context) => {
      return ring.open(ring.seal(plaintext, context), context) === plaintext
    }),
  )
})

t.test('key ring: sealed texts are compact, versioned and unique', async (t) => {
  const ring = createKeyRing([newKey('k1')])
  const sealed = ring.seal('refresh-token', 'grant:1:refresh')
  t.match(sealed, /^v1\.k1\.[A-Za-z0-9_-]+$/)
  t.not(sealed, ring.seal('refresh-token', 'grant:1:refresh'))
  t.notOk(Buffer.from(sealed.split('.').at(2) ?? '', 'base64url').includes('refresh-token'))
})

t.test('key ring: the first key seals, every key opens', async (t) => {
  const [k1, k2] = [newKey('k1'), newKey('k2')]
  const before = createKeyRing([k1])
  const rotated = createKeyRing([k2, k1])
  const old = before.seal('token', 'c')

  t.equal(rotated.open(old, 'c'), 'token')
  t.equal(rotated.isCurrent(old), false)
  t.equal(before.isCurrent(old), true)
  const renewed = rotated.seal(rotated.open(old, 'c'), 'c')
  t.equal(rotated.isCurrent(renewed), true)
  t.equal(createKeyRing([k2]).open(renewed, 'c'), 'token', 'the old key can go')
  t.equal(
    faultOf(() => createKeyRing([k2]).open(old, 'c')),
    'unknown-key',
  )
  t.equal(rotated.isCurrent('v1.k2'), false)
})

t.test('key ring: another context, another key or an altered character do not open', async (t) => {
  const key = newKey('k1')
  const ring = createKeyRing([key, { id: 'k2', key: key.key }])
  const sealed = ring.seal('token', 'grant:1:refresh')
  t.equal(
    faultOf(() => ring.open(sealed, 'grant:2:refresh')),
    'not-authentic',
  )
  t.equal(
    faultOf(() => ring.open(sealed, '')),
    'not-authentic',
  )
  t.equal(
    faultOf(() => createKeyRing([newKey('k1')]).open(sealed, 'grant:1:refresh')),
    'not-authentic',
  )
  t.equal(
    faultOf(() => ring.open(sealed.replace('k1', 'k2'), 'grant:1:refresh')),
    'not-authentic',
    'the key id is authenticated',
  )

  const start = 'v1.k1.'.length
  for (let index = start; index < sealed.length; index += 1) {
    const other = sealed[index] === 'A' ? 'B' : 'A'
    const forged = sealed.slice(0, index) + other + sealed.slice(index + 1)
    if (faultOf(() => ring.open(forged, 'grant:1:refresh')) === undefined)
      t.fail(`opens with character ${index} altered`)
  }
})

t.test('key ring: any other text is malformed', async (t) => {
  const ring = createKeyRing([newKey('k1')])
  const short = randomBytes(27).toString('base64url')
  for (const sealed of [
    '',
    'token',
    'v1.k1.',
    'v2.k1.AAAA',
    `v1.k1.${short}`,
    `v1.k1.${'A'.repeat(39)}=`,
    'v1.k1.AAAA.BBBB',
    ' v1.k1.AAAA',
    `v1.k1.${'A'.repeat(45)}`,
  ]) {
    t.equal(
      faultOf(() => ring.open(sealed, 'c')),
      'malformed',
      JSON.stringify(sealed),
    )
  }
  fc.assert(fc.property(fc.string(), (sealed) => faultOf(() => ring.open(sealed, 'c')) === 'malformed'))
})

t.test('key ring: no error holds the text', async (t) => {
  const ring = createKeyRing([newKey('k1')])
  const sealed = ring.seal('token', 'c')
  try {
    ring.open(sealed, 'd')
  } catch (error) {
    t.type(error, SealedTextError)
    const shown =
      error instanceof Error ? `${error.stack} ${JSON.stringify(error)} ${String(error.cause)}` : ''
    t.notOk(shown.includes(sealed) || shown.includes(sealed.slice(6)))
  }
})

t.test('key ring: an invalid ring is rejected without showing keys', async (t) => {
  const marker = 'mArKeR'
  t.throws(() => createKeyRing([]), KeyRingError)
  t.throws(() => createKeyRing([newKey('k1'), newKey('k1')]), KeyRingError)
  t.throws(() => createKeyRing([newKey('k 1')]), KeyRingError)
  t.throws(() => createKeyRing([{ id: 'k1', key: randomBytes(31) }]), KeyRingError)
  for (const text of [
    '',
    marker,
    `${marker}:${marker}`,
    `k1:${marker}=!`,
    `k1:${'A'.repeat(43)}=,${marker}`,
  ]) {
    try {
      parseRingKeys(text)
      t.fail(`took ${text}`)
    } catch (error) {
      t.type(error, KeyRingError)
      t.notMatch(String(error), marker)
    }
  }
})
