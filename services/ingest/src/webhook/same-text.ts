import { createHash, timingSafeEqual } from 'node:crypto'

const digestOf = (text: string) => createHash('sha256').update(text).digest()

/** A test for equality with a secret that takes as long whatever it is asked, and tells nothing of its length. */
export function sameTextAs(secret: string): (text: string) => boolean {
  const expected = digestOf(secret)
  return (text) => timingSafeEqual(digestOf(text), expected)
}
