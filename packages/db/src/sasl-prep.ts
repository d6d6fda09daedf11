/**
 * Normalizes a password for SCRAM (SASLprep, RFC 4013): PostgreSQL does so, and postgres.js does not.
 * A password that SASLprep forbids stays unchanged, as in PostgreSQL.
 */
export function saslPrepared(password: string): string {
  if (/^[\x20-\x7e]*$/.test(password)) return password
  const mapped = password
    .replaceAll(/[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu, ' ')
    .replaceAll(/\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/gu, '')
    .normalize('NFKC')
  return /[\p{Cc}\p{Co}\p{Cs}\p{Cn}\ufff9-\ufffd]/u.test(mapped) || mapped === '' ? password : mapped
}
