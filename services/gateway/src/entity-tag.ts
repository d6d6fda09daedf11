import { createHash } from 'node:crypto'

/** The weak entity tag of a text. */
export const entityTagOf = (text: string): string =>
  `W/"${createHash('sha1').update(text).digest('base64url')}"`
