import { parse } from 'lossless-json'

const INT64_DIGITS = /^-?\d{1,19}$/

/**
 * Parses a small JSON text; integers that fit int64 become `bigint`, other numbers `number`.
 * The last value of a repeated key counts. `undefined` if the text is not JSON.
 */
export function parseExactJson(text: string): unknown {
  try {
    return parse(text, null, {
      parseNumber,
      onDuplicateKey: ({ newValue }) => newValue,
    })
  } catch {
    return undefined
  }
}

function parseNumber(text: string): bigint | number {
  if (!INT64_DIGITS.test(text)) return Number(text)
  const integer = BigInt(text)
  return BigInt.asIntN(64, integer) === integer ? integer : Number(text)
}

/** Parses JSON with `JSON.parse`, which rounds large integers. `undefined` if the text is not JSON. */
export function parseFastJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
