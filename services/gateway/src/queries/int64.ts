const MAX = '9223372036854775807'

/** Whether a positive decimal integer (without leading zeros) fits Postgres's bigint. */
export function fitsInt64(digits: string): boolean {
  return digits.length < MAX.length || (digits.length === MAX.length && digits <= MAX)
}
