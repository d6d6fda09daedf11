import { writeSync } from 'node:fs'
import type { DestinationStream } from 'pino'

/** A destination that buffers lines. */
export interface BufferedOutput extends DestinationStream {
  /** Writes the buffered lines synchronously. */
  flushSync(): void
}

/** A write for each line would double its cost. */
const MIN_WRITE_LENGTH = 4_096
const FLUSH_INTERVAL_MS = 100
const STANDARD_OUTPUT = 1
/** A reader that is this far behind, in characters, loses lines. */
const MAX_BUFFERED_LENGTH = 4_194_304
/** How long an exit waits for a reader that reads nothing: ms. */
const READER_TIMEOUT_MS = 1_000
const RETRY_INTERVAL_MS = 10

/**
 * Standard output, written in chunks of 4 KiB, after 100 ms at the latest, and when the process exits, an uncaught error
 * included. Writes are synchronous, so that none is in progress when the process exits. Once the reader has ended, lines are
 * dropped, where pino's own destination repeats the write without end when the process exits. After another failure, such as
 * a full disk, only the lines of that write are lost.
 */
export function bufferedOutput(): BufferedOutput {
  let pending = ''
  let unsent = NOTHING
  let isRead = true

  /** Writes what the reader takes now. @returns whether nothing is left to write */
  function flush(): boolean {
    if (pending === '' && unsent.length === 0) return true
    const bytes = unsent.length === 0 ? Buffer.from(pending) : Buffer.concat([unsent, Buffer.from(pending)])
    pending = ''
    unsent = NOTHING
    let written = 0
    try {
      while (written < bytes.length) written += writeSync(STANDARD_OUTPUT, bytes, written)
      return true
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (code === 'EPIPE') isRead = false
      if (code !== 'EAGAIN') return true
      unsent = bytes.subarray(written)
      return false
    }
  }

  function flushSync(): void {
    const deadline = performance.now() + READER_TIMEOUT_MS
    while (!flush() && performance.now() < deadline) pause(RETRY_INTERVAL_MS)
  }

  setInterval(flush, FLUSH_INTERVAL_MS).unref()
  process.on('exit', flushSync)
  return {
    write(line) {
      if (!isRead || pending.length + unsent.length > MAX_BUFFERED_LENGTH) return
      pending += line
      if (pending.length >= MIN_WRITE_LENGTH) flush()
    },
    flushSync,
  }
}

const NOTHING = Buffer.alloc(0)
const NEVER = new Int32Array(new SharedArrayBuffer(4))
const pause = (ms: number) => Atomics.wait(NEVER, 0, 0, ms)
