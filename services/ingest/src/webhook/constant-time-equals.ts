import { hash, timingSafeEqual } from 'node:crypto'

const digestOf = (text: string) => hash('sha256', text, 'buffer')

/** Creates a test for equality with `secret` whose duration depends neither on the text nor on the secret's length. */
export function constantTimeEquals(secret: string): (text: string) => boolean {
  const expected = digestOf(secret)
  return (text) => timingSafeEqual(digestOf(text), expected)
}
