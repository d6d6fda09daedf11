import { type Bus, connectWith } from '@ikigai/bus'
import { databaseSettings, type Environment, loadConfig, natsSettings } from '@ikigai/chassis/config'
import { type Db, openDatabase } from '@ikigai/db'
import { pino } from 'pino'

/** A failed command. Exit code 1: failure; 2: usage error. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: 1 | 2
  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Result of a command: a value for `--json` and a text. */
export interface Answer {
  readonly value: unknown
  readonly text: string
  /** For monitors; 0 by default. */
  readonly exitCode?: number
}

/** Options of one command, as `node:util` parses them: `--name value`. */
export type CommandOptions = Readonly<Record<string, { readonly type: 'string' }>>

/** One command. */
export interface Command {
  /** Command line with its arguments: `dead show <number>`. */
  readonly usage: string
  readonly does: string
  /** Options besides `--json` and `--help`. */
  readonly options?: CommandOptions
  run(
    args: readonly string[],
    env: Environment,
    options: Readonly<Record<string, string | undefined>>,
  ): Promise<Answer>
}

/** Runs `use` with a connection to PostgreSQL. @throws ConfigurationError */
export async function withDatabase<T>(env: Environment, use: (db: Db) => Promise<T>): Promise<T> {
  const { databaseUrl } = loadConfig(env, databaseSettings)
  const { db, close } = openDatabase({ url: databaseUrl, name: 'ikigai-operator', max: 2 })
  try {
    return await use(db)
  } finally {
    await close()
  }
}

/** Runs `use` with a connection to NATS. @throws ConfigurationError */
export async function withBus<T>(env: Environment, use: (bus: Bus) => Promise<T>): Promise<T> {
  const bus = await connectWith(loadConfig(env, natsSettings), 'operator', pino({ level: 'silent' }))
  try {
    return await use(bus)
  } finally {
    await bus.close()
  }
}

/** Formats rows as aligned columns. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Parses an id argument. @throws CommandError */
export function idOf(text: string | undefined, what: string): string {
  if (text !== undefined && /^[1-9][0-9]{0,18}$/.test(text)) return text
  throw new CommandError(`${what} must be a number.`, 2)
}
