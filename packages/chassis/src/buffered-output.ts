import { type DestinationStream, pino } from 'pino'

/** A destination that keeps lines for a moment. */
export interface BufferedOutput extends DestinationStream {
  /** Writes what is kept, and returns when it is written. */
  flushSync(): void
}

/** A write for each line costs as much as the line. */
const MIN_WRITE_BYTES = 4_096
const FLUSH_INTERVAL_MS = 100
const STANDARD_OUTPUT = 1

/**
 * Standard output, written in pieces of 4 KiB, at the latest after 100 ms, and when the process exits, an uncaught error
 * included. Each write returns when it is done, so that none is under way when the process exits.
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
