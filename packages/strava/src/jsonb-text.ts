/** Fast path: almost no text matches. */
const SUSPECT = /\\u(?:0000|[dD][89a-fA-F])/

/**
 * Matches escapes from left to right, so that the `\\` of `\\u0000` is not taken for the start of `\u0000`, and both halves
 * of a surrogate pair at once. The group captures what Postgres rejects.
 */
const ESCAPE =
  /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(\\u(?:0000|[dD][89a-fA-F][\da-fA-F]{2}))|\\./gs

/**
 * Makes JSON text acceptable to Postgres as `jsonb`: `\u0000` and the escape of a lone surrogate become `\ufffd`. Everything
 * else stays unchanged, numbers of any length included. Idempotent. (UTF-8 cannot contain an unescaped lone surrogate.)
 */
export function toJsonbText(text: string): string {
  if (!SUSPECT.test(text)) return text
  return text.replace(ESCAPE, (match, refused: string | undefined) =>
    refused === undefined ? match : '\\ufffd',
  )
}
