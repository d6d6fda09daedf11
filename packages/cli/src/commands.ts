import { parseArgs } from 'node:util'
import type { Environment } from '@ikigai/chassis/config'
import { appAdd, appList, appRemove, appRotate } from './app.ts'
import { allowanceList, athleteAllow, athleteDisallow } from './athlete/allow.ts'
import { athleteErase, athleteList, athleteShow } from './athlete/athlete.ts'
import { athleteInvite, invitationList, invitationRemove } from './athlete/invite.ts'
import { backupRecord } from './backup.ts'
import { type Command, CommandError, type CommandOptions } from './command.ts'
import { deadList, deadReplay, deadShow } from './dead.ts'
import { doctor } from './doctor/doctor.ts'
import { quarantineApprove, quarantineList } from './quarantine.ts'
import { quota } from './quota.ts'
import { restoreRecord } from './restore.ts'
import { resync } from './resync.ts'
import { setup } from './setup/setup.ts'
import { teamAdd, teamList, teamRemove } from './team.ts'
import { webhookCreate, webhookDelete, webhookList } from './webhook.ts'

const COMMANDS: readonly Command[] = [
  setup,
  doctor,
  quota,
  athleteList,
  athleteShow,
  athleteInvite,
  athleteAllow,
  athleteDisallow,
  athleteErase,
  allowanceList,
  invitationList,
  invitationRemove,
  resync,
  appAdd,
  appList,
  appRotate,
  appRemove,
  deadList,
  deadShow,
  deadReplay,
  quarantineList,
  quarantineApprove,
  webhookList,
  webhookCreate,
  webhookDelete,
  teamAdd,
  teamList,
  teamRemove,
  backupRecord,
  restoreRecord,
]

/** The help text. */
export function usage(): string {
  const width = Math.max(...COMMANDS.map((command) => command.usage.length))
  const lines = COMMANDS.map((command) => `  ${command.usage.padEnd(width)}  ${command.does}`)
  return `Usage: npm run ikigai -- <command> [--json]

${lines.join('\n')}

  --json  prints the answer as JSON
  --help  prints this

Reads DATABASE_URL, NATS_URL and the STRAVA_ variables; without them, uses the instance started here by npm start.
Exit codes: 0 success, 1 failure, 2 usage error, 78 configuration error.
`
}

/**
 * Finds the command and its arguments.
 *
 * @throws CommandError for an unknown command, or a wrong number of arguments
 */
export function commandOf(words: readonly string[]): {
  readonly command: Command
  readonly args: readonly string[]
} {
  const command = COMMANDS.find((each) => nameOf(each).every((word, i) => words[i] === word))
  if (command === undefined) {
    const what = words.length === 0 ? 'No command given.' : `There is no command "${words.join(' ')}".`
    throw new CommandError(`${what}\n\n${usage()}`, 2)
  }
  const args = words.slice(nameOf(command).length)
  const wanted = command.usage.split(' ').length - nameOf(command).length
  if (args.length !== wanted) throw new CommandError(`Usage: npm run ikigai -- ${command.usage}`, 2)
  return { command, args }
}

/** Result of a command line. */
export interface CommandResult {
  readonly output: string
  readonly exitCode: number
}

/** Runs a command line. @throws CommandError, ConfigurationError */
export async function runCommand(argv: readonly string[], env: Environment): Promise<CommandResult> {
  const { words, json, help, options } = parse(argv)
  if (help) return { output: usage(), exitCode: 0 }
  const { command, args } = commandOf(words)
  const unknown = Object.keys(options).filter((name) => command.options?.[name] === undefined)
  if (unknown.length > 0) {
    throw new CommandError(`${nameOf(command).join(' ')} has no option --${unknown.join(', --')}.`, 2)
  }
  const { value, text, exitCode = 0 } = await command.run(args, env, options)
  return { output: `${json ? JSON.stringify(value, undefined, 2) : text}\n`, exitCode }
}

/** The words of a command, without its arguments. */
const nameOf = ({ usage }: Command) => usage.split(' ').filter((word) => !word.startsWith('<'))

/** Options of all commands; whether the given command has them is checked after parsing. */
const OPTIONS: CommandOptions = Object.assign({}, ...COMMANDS.map(({ options }) => options))

interface Parsed {
  readonly words: readonly string[]
  readonly json: boolean
  readonly help: boolean
  readonly options: Readonly<Record<string, string | undefined>>
}

function parse(argv: readonly string[]): Parsed {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        ...OPTIONS,
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false, short: 'h' },
      },
    })
    const { json, help, ...options } = values
    return { words: positionals, json: json === true, help: help === true, options: textsOf(options) }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CommandError(`${reason}\n\n${usage()}`, 2)
  }
}

const textsOf = (values: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
