import type { FetchResponse } from './platform.ts'

type Body = NonNullable<FetchResponse['body']>

/** The text of a body, chunk by chunk (not every browser can iterate over a stream). Leaving the loop closes the connection. */
export async function* textOf(body: Body): AsyncGenerator<string, void, undefined> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      yield decoder.decode(read.value, { stream: true })
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}
