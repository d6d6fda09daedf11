import { createHash, hkdfSync, randomBytes } from 'node:crypto'
import type { RingKey } from '@ikigai/keyring'

/** Prefixes of the kinds of tokens, which also let scanners recognise leaked secrets. */
export const TOKEN_PREFIX = {
  access: 'ikigai_at_',
  refresh: 'ikigai_rt_',
  personal: 'ikigai_pat_',
  clientSecret: 'ikigai_cs_',
  invitation: 'ikigai_inv_',
} as const

/** A secret of 256 random bits behind a prefix. */
export const newSecret = (prefix: string): string => `${prefix}${randomBytes(32).toString('base64url')}`

/** The stored form of a secret: SHA-256, hex. A fast hash suffices for 256 random bits. */
export const secretHash = (secret: string): string => createHash('sha256').update(secret).digest('hex')

/** Keys for another purpose, derived from the sessions' key ring. */
export const deriveKeys = (keys: readonly RingKey[], purpose: string): readonly RingKey[] =>
  keys.map(({ id, key }) => ({ id, key: Buffer.from(hkdfSync('sha256', key, '', purpose, 32)) }))
