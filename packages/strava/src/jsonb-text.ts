/** Fast path: nearly no text matches. */
const SUSPECT = /\\u(?:0000|[dD][89a-fA-F])/

/**
 * Each escape from left to right, so that the `\\` of `\\u0000` is not taken for the start of `\u0000`, and both halves
 * of a pair at once. The group holds what Postgres rejects.
 */
const ESCAPE =
  /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(\\u(?:0000|[dD][89a-fA-F][\da-fA-F]{2}))|\\./gs

/**
 * JSON text that Postgres accepts as `jsonb`: it rejects `\u0000` and the escape of a surrogate without its other half,
 * so each becomes `\ufffd`. Everything else stays as it is, numbers of any length included. The function is idempotent. (A lone surrogate that is not escaped cannot come out of UTF-8, nor go into it.)
 */
export function toJsonbText(text: string): string {
  if (!SUSPECT.test(text)) return text
  return text.replace(ESCAPE, (match, refused: string | undefined) =>
    refused === undefined ? match : '\\ufffd',
  )
}
