import { createHash, timingSafeEqual } from 'node:crypto'

const digestOf = (text: string) => createHash('sha256').update(text).digest()

/** Creates a test for equality with `secret` whose duration depends neither on the text nor on the secret's length. */
export function constantTimeEquals(secret: string): (text: string) => boolean {
  const expected = digestOf(secret)
  return (text) => timingSafeEqual(digestOf(text), expected)
}
