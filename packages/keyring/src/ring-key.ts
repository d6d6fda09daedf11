/** One key of a ring. */
export interface RingKey {
  /** Stored in clear text next to the sealed text: 1 to 32 letters, digits, `_` or `-`. */
  readonly id: string
  /** 32 bytes. */
  readonly key: Buffer
}

/** A key ring is invalid. The message contains no part of a key. */
export class KeyRingError extends Error {
  override readonly name = 'KeyRingError'
}

const KEY_BYTES = 32
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/

/**
 * Parses a ring written as `id:base64,id:base64` (standard or URL-safe base64, padded or not, of 32 bytes each).
 *
 * @throws KeyRingError
 */
export function parseRingKeys(text: string): RingKey[] {
  const keys = text.split(',').map((entry, index) => parseRingKey(entry.trim(), index + 1))
  assertUsable(keys)
  return keys
}

/** @throws KeyRingError when the ring is empty, an id is malformed or used twice, or a key has not 32 bytes */
export function assertUsable(keys: readonly RingKey[]): void {
  if (keys.length === 0) throw new KeyRingError('a key ring must have at least one key')
  for (const [index, { id, key }] of keys.entries()) {
    if (!KEY_ID.test(id)) {
      throw new KeyRingError(`key ${index + 1}: its id must be 1 to 32 letters, digits, "_" or "-"`)
    }
    if (key.length !== KEY_BYTES)
      throw new KeyRingError(`key ${index + 1}: it must be ${KEY_BYTES} bytes long`)
  }
  if (new Set(keys.map(({ id }) => id)).size < keys.length) {
    throw new KeyRingError('two keys have the same id')
  }
}

function parseRingKey(entry: string, position: number): RingKey {
  const colon = entry.indexOf(':')
  if (colon < 0) throw new KeyRingError(`key ${position}: it must be written as id:base64`)
  return { id: entry.slice(0, colon), key: decodeBase64(entry.slice(colon + 1), position) }
}

/** Node ignores characters that are not base64; a truncated or mistyped key must not pass as another key. */
function decodeBase64(text: string, position: number): Buffer {
  const unpadded = text
    .replace(/={1,2}$/, '')
    .replaceAll('+', '-')
    .replaceAll('/', '_')
  const bytes = Buffer.from(unpadded, 'base64url')
  if (bytes.toString('base64url') !== unpadded) throw new KeyRingError(`key ${position}: it is not base64`)
  return bytes
}
