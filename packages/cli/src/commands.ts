import { parseArgs } from 'node:util'
import type { Environment } from '@ikigai/config'
import { athlete, erase } from './athlete.ts'
import { type Command, CommandError } from './command.ts'
import { deadList, deadReplay, deadShow } from './dead.ts'
import { heldList, heldRelease } from './held.ts'
import { quota } from './quota.ts'
import { resync } from './resync.ts'
import { webhookCreate, webhookDelete, webhookList } from './webhook.ts'

const COMMANDS: readonly Command[] = [
  quota,
  athlete,
  resync,
  erase,
  deadList,
  deadShow,
  deadReplay,
  heldList,
  heldRelease,
  webhookList,
  webhookCreate,
  webhookDelete,
]

/** What can be asked for. */
export function usage(): string {
  const width = Math.max(...COMMANDS.map((command) => command.usage.length))
  const lines = COMMANDS.map((command) => `  ${command.usage.padEnd(width)}  ${command.does}`)
  return `Usage: npm run ikigai -- <command> [--json]

${lines.join('\n')}

  --json  prints the answer as JSON
  --help  prints this

Servers are found through DATABASE_URL, NATS_URL and the STRAVA_ variables, or those of the instance that npm start
runs here. Exit codes: 0 done, 1 failed, 2 not understood, 78 not configured.
`
}

/** Runs what is asked for; resolves with what to print. @throws CommandError, ConfigurationError */
export async function runCommand(argv: readonly string[], env: Environment): Promise<string> {
  const { words, json, help } = parse(argv)
  if (help) return usage()
  const command = COMMANDS.find((each) => nameOf(each).every((word, i) => words[i] === word))
  if (command === undefined) {
    const what = words.length === 0 ? 'What is to be done?' : `There is no command "${words.join(' ')}".`
    throw new CommandError(`${what}\n\n${usage()}`, 2)
  }
  const args = words.slice(nameOf(command).length)
  const wanted = command.usage.split(' ').length - nameOf(command).length
  if (args.length !== wanted) throw new CommandError(`Usage: npm run ikigai -- ${command.usage}`, 2)
  const { value, text } = await command.run(args, env)
  return `${json ? JSON.stringify(value, undefined, 2) : text}\n`
}

/** The words of a command, without its arguments. */
const nameOf = ({ usage }: Command) => usage.split(' ').filter((word) => !word.startsWith('<'))

function parse(argv: readonly string[]): { words: string[]; json: boolean; help: boolean } {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false, short: 'h' },
      },
    })
    return { words: positionals, json: values.json, help: values.help }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CommandError(`${reason}\n\n${usage()}`, 2)
  }
}
