/** The text of a body, whether it exceeded the limit, and the error that interrupted it, if any. */
export interface BodyText {
  readonly text: string
  readonly tooLong: boolean
  readonly failure?: { readonly thrown: unknown } | undefined
}

/**
 * Reads a body as UTF-8 up to `maxBytes` decoded bytes, and aborts beyond. Never rejects: of an interrupted body (also
 * by `signal`), returns the part that was read, and the failure.
 */
export async function readBody(response: Response, maxBytes: number, signal: AbortSignal): Promise<BodyText> {
  if (response.body === null) return { text: '', tooLong: false }
  const reader = response.body.getReader()
  const giveUp = () => void reader.cancel().catch(() => {})
  signal.addEventListener('abort', giveUp)
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      signal.throwIfAborted()
      if (done) return { text: text + decoder.decode(), tooLong: false }
      bytes += value.byteLength
      if (bytes > maxBytes) {
        giveUp()
        return { text, tooLong: true }
      }
      text += decoder.decode(value, { stream: true })
    }
  } catch (thrown) {
    return { text, tooLong: false, failure: { thrown } }
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}
