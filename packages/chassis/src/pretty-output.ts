import type { DestinationStream } from 'pino'

/**
 * Standard output with log lines for people: time, level, message, then the fields. Colours only at a terminal without
 * `NO_COLOR`. The library is loaded only here, because services in production log JSON.
 */
export async function prettyOutput(): Promise<DestinationStream> {
  const { default: pinoPretty } = await import('pino-pretty')
  return pinoPretty({
    colorize: process.stdout.isTTY === true && (process.env['NO_COLOR'] ?? '') === '',
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    ignore: 'pid,hostname',
    sync: true,
  })
}
