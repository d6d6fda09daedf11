import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchmarkContext } from './context/benchmark-context.ts'
import type { Program } from './context/program.ts'

/** Headers that differ from answer to answer, or are the server's own. */
const OWN_HEADERS =
  /^(?:date|connection|keep-alive|content-length|content-type|etag|x-request-id|ratelimit-.*)$/

/**
 * Starts `programs/same-duties.ts` with the headers of one of ikigai's answers, and a file for its log.
 *
 * @param env of the program: `BYTES_FILE` and `SESSION_KEY`, or `SECRET` and `NATS_URL`
 */
export async function startSameDuties(
  context: BenchmarkContext,
  answer: Response,
  env: Readonly<Record<string, string>>,
): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), 'ikigai-bench-duties-'))
  context.defer(() => rm(folder, { recursive: true, force: true }))
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => !OWN_HEADERS.test(name)))
  return await context.program('same-duties', {
    ...env,
    HEADERS: JSON.stringify(headers),
    LOG_FILE: join(folder, 'service.log'),
  })
}
