import { type DestinationStream, pino } from 'pino'

/** A destination that buffers lines. */
export interface BufferedOutput extends DestinationStream {
  /** Writes the buffered lines synchronously. */
  flushSync(): void
}

/** A write for each line would double its cost. */
const MIN_WRITE_BYTES = 4_096
const FLUSH_INTERVAL_MS = 100
const STANDARD_OUTPUT = 1

/**
 * Standard output, written in chunks of 4 KiB, after 100 ms at the latest, and when the process exits, an uncaught error
 * included. Writes are synchronous, so that none is in progress when the process exits.
 */
export function bufferedOutput(): BufferedOutput {
  const output = pino.destination({
    dest: STANDARD_OUTPUT,
    sync: true,
    minLength: MIN_WRITE_BYTES,
    periodicFlush: FLUSH_INTERVAL_MS,
  })
  process.on('exit', () => output.flushSync())
  return output
}
