import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { assertUsable, type RingKey } from './ring-key.ts'

/** Authenticated encryption of short texts. The first key of the ring encrypts, every key decrypts. */
export interface KeyRing {
  /**
   * Encrypts `plaintext`. `context` is the kind and owner of the text (`grant:<athleteId>:refresh`); it is authenticated,
   * not stored, so a text moved to another row or column does not open.
   */
  seal(plaintext: string, context: string): string
  /** @throws SealedTextError */
  open(sealed: string, context: string): string
  /** Whether it is sealed under the first key; otherwise it should be resealed. */
  isCurrent(sealed: string): boolean
  /** Prefix of every text sealed by the first key, for queries. */
  readonly currentPrefix: string
}

export type SealedTextFault =
  /** Not a result of `seal`. */
  | 'malformed'
  /** Sealed under a key that the ring does not have. */
  | 'unknown-key'
  /** Altered, or sealed for another context. */
  | 'not-authentic'

/** A sealed text cannot be opened. The message contains no part of the text. */
export class SealedTextError extends Error {
  override readonly name = 'SealedTextError'
  readonly fault: SealedTextFault

  constructor(fault: SealedTextFault) {
    super(`The sealed text does not open: ${fault}`)
    this.fault = fault
  }
}

/** The result of `open`, or undefined if it throws a {@link SealedTextError}. */
export function ifOpens<T>(open: () => T): T | undefined {
  try {
    return open()
  } catch (error) {
    if (error instanceof SealedTextError) return undefined
    throw error
  }
}

const CIPHER = 'aes-256-gcm'
const VERSION = 'v1'
const NONCE_BYTES = 12
const TAG_BYTES = 16
const SEALED = /^v1\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]+)$/

/**
 * AES-256-GCM under a ring of keys. A sealed text is `v1.<key id>.<base64url of nonce, ciphertext, tag>`; the nonce is 96
 * random bits, version and key id are authenticated together with the context.
 *
 * @throws KeyRingError when the keys cannot be used
 */
export function createKeyRing(keys: readonly RingKey[]): KeyRing {
  assertUsable(keys)
  const secrets = new Map(keys.map(({ id, key }) => [id, createSecretKey(key)]))
  const [first] = secrets
  if (first === undefined) throw new TypeError('unreachable: a usable ring has a key')
  const [currentId, currentKey] = first

  return {
    seal: (plaintext, context) => encrypt(currentId, currentKey, plaintext, context),
    open(sealed, context) {
      const { keyId, bytes } = parseSealed(sealed)
      const key = secrets.get(keyId)
      if (key === undefined) throw new SealedTextError('unknown-key')
      return decrypt(keyId, key, bytes, context)
    },
    isCurrent: (sealed) => SEALED.exec(sealed)?.[1] === currentId,
    currentPrefix: `${VERSION}.${currentId}.`,
  }
}

function encrypt(keyId: string, key: KeyObject, plaintext: string, context: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(additionalData(keyId, context))
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
  const bytes = Buffer.concat([nonce, ciphertext, cipher.getAuthTag()])
  return `${VERSION}.${keyId}.${bytes.toString('base64url')}`
}

function decrypt(keyId: string, key: KeyObject, bytes: Buffer, context: string): string {
  const nonce = bytes.subarray(0, NONCE_BYTES)
  const ciphertext = bytes.subarray(NONCE_BYTES, -TAG_BYTES)
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(additionalData(keyId, context))
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8')
  } catch {
    throw new SealedTextError('not-authentic')
  }
}

function parseSealed(sealed: string): { keyId: string; bytes: Buffer } {
  const [, keyId, encoded] = SEALED.exec(sealed) ?? []
  if (keyId === undefined || encoded === undefined) throw new SealedTextError('malformed')
  const bytes = Buffer.from(encoded, 'base64url')
  const isCanonical = bytes.toString('base64url') === encoded
  if (!isCanonical || bytes.length < NONCE_BYTES + TAG_BYTES) throw new SealedTextError('malformed')
  return { keyId, bytes }
}

function additionalData(keyId: string, context: string): Buffer {
  return Buffer.from(`${VERSION}.${keyId}.${context}`, 'utf8')
}
