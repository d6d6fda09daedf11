/** Strava's answers nest about ten levels deep; Postgres fails at some thousand. */
const MAX_DEPTH = 100

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c]
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d]

/**
 * Splits a JSON array into the unchanged texts of its elements, which are not validated as JSON. `undefined` if `text` is not
 * bracketed as an array or nests too deep.
 */
export function splitJsonArray(text: string): string[] | undefined {
  const array = text.trim()
  const separators: number[] = []
  const sound = scanStructure(array, (index) => separators.push(index))
  if (!sound || !array.startsWith('[') || !array.endsWith(']')) return undefined
  if (separators.length === 0 && array.slice(1, -1).trim() === '') return []
  const elements: string[] = []
  let start = 1
  for (const separator of [...separators, array.length - 1]) {
    elements.push(array.slice(start, separator).trim())
    start = separator + 1
  }
  return elements
}

/** Whether brackets in `text` pair up (of any kind) and nest at most {@link MAX_DEPTH} levels. */
export function isWithinMaxDepth(text: string): boolean {
  return scanStructure(text.trim(), () => {})
}

/** Scans brackets and strings; calls `onSeparator` for each comma directly inside the outermost brackets. */
function scanStructure(text: string, onSeparator: (index: number) => void): boolean {
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === QUOTE) {
      index = endOfString(text, index)
      if (index === -1) return false
    } else if (code === OPEN_BRACKET || code === OPEN_BRACE) {
      depth++
      if (depth > MAX_DEPTH) return false
    } else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) {
      depth--
      if (depth < 0 || (depth === 0 && index < text.length - 1)) return false
    } else if (code === COMMA && depth === 1) {
      onSeparator(index)
    }
  }
  return depth === 0
}

/** The index of the quote that ends the string that starts at `start`, or -1. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end
}

function isEscaped(text: string, index: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(index - 1 - backslashes) === BACKSLASH) backslashes++
  return backslashes % 2 === 1
}
