import type { Send } from './call.ts'
import type { Signal } from './platform.ts'
import { ProblemError } from './problem.ts'
import { textOf } from './stream-text.ts'

/** The lines of `GET /v1/me/export`, as text. */
export async function* exportLines(
  send: Send,
  options: { readonly signal?: Signal },
): AsyncGenerator<string, void, undefined> {
  const response = await send('/v1/me/export', { ...options, headers: { accept: 'application/x-ndjson' } })
  if (!response.ok || response.body === null) throw await ProblemError.of(response)
  let rest = ''
  for await (const text of textOf(response.body)) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}
