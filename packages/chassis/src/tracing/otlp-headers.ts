/**
 * Parses `OTEL_EXPORTER_OTLP_HEADERS`: `key=value,key=value`, values percent-encoded as in W3C Baggage. Malformed pairs are
 * ignored; the later pair of a key counts.
 */
export function parseOtlpHeaders(text: string): Record<string, string> {
  return Object.fromEntries(text.split(',').flatMap((pair) => parsePair(pair) ?? []))
}

function parsePair(pair: string): readonly [[string, string]] | undefined {
  const [, key = '', value = ''] = /^([^=]+)=(.*)$/s.exec(pair) ?? []
  try {
    return key.trim() === ''
      ? undefined
      : [[decodeURIComponent(key.trim()), decodeURIComponent(value.trim())]]
  } catch {
    return undefined
  }
}
