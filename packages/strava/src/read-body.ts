import type { Answer } from './http-fetch.ts'

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
export async function readBody(
  { body }: Pick<Answer, 'body'>,
  maxBytes: number,
  signal: AbortSignal,
): Promise<BodyText> {
  if (body === null) return { text: '', tooLong: false }
  const chunks = body[Symbol.asyncIterator]()
  const giveUp = () => void chunks.return?.().catch(() => {})
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  try {
    signal.throwIfAborted()
    for (;;) {
      const { done, value } = await Promise.race([chunks.next(), aborted])
      if (done === true) return { text: text + decoder.decode(), tooLong: false }
      bytes += value.byteLength
      if (bytes > maxBytes) {
        giveUp()
        return { text, tooLong: true }
      }
      text += decoder.decode(value, { stream: true })
    }
  } catch (thrown) {
    giveUp()
    return { text, tooLong: false, failure: { thrown } }
  }
}
