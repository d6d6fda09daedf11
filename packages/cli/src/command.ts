import { type Bus, connectWith } from '@ikigai/bus'
import { databaseSettings, type Environment, loadConfig, natsSettings } from '@ikigai/chassis/config'
import { type Db, openDatabase } from '@ikigai/db'
import { pino } from 'pino'

/** A command that could not be done. 1: it failed; 2: it was not rightly asked for. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: 1 | 2
  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** What a command answers: a value for `--json`, and its text for people. */
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
  /** As it is typed, with its arguments: `dead show <number>`. */
  readonly usage: string
  readonly does: string
  /** Beside `--json` and `--help`, which every command has. */
  readonly options?: CommandOptions
  run(
    args: readonly string[],
    env: Environment,
    options: Readonly<Record<string, string | undefined>>,
  ): Promise<Answer>
}

/** Does something with Postgres. @throws ConfigurationError */
export async function withDatabase<T>(env: Environment, use: (db: Db) => Promise<T>): Promise<T> {
  const { databaseUrl } = loadConfig(env, databaseSettings)
  const { db, close } = openDatabase({ url: databaseUrl, name: 'ikigai-operator', max: 2 })
  try {
    return await use(db)
  } finally {
    await close()
  }
}

/** Does something with NATS. @throws ConfigurationError */
export async function withBus<T>(env: Environment, use: (bus: Bus) => Promise<T>): Promise<T> {
  const bus = await connectWith(loadConfig(env, natsSettings), 'operator', pino({ level: 'silent' }))
  try {
    return await use(bus)
  } finally {
    await bus.close()
  }
}

/** Lines of columns, each as wide as its widest entry. */
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

/** An id given on the command line. @throws CommandError */
export function idOf(text: string | undefined, what: string): string {
  if (text !== undefined && /^[1-9][0-9]{0,18}$/.test(text)) return text
  throw new CommandError(`${what} must be a number.`, 2)
}
