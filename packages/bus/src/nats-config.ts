import { NATS_USERS, type NatsUser, PERMISSIONS, TEAM_EXPORTS } from './permissions.ts'

export interface NatsConfigOptions {
  /** The text written as a user's password: from {@link quoted}, or a reference such as `$AUTH_NATS_PASSWORD`. */
  readonly password: (user: NatsUser) => string
  /** Path, from the configuration, of the file with the accounts of other teams; it must exist, though it may be empty. */
  readonly teamsFile?: string
  /** Whether clients without credentials have all permissions; by default they are refused. */
  readonly openToAll?: boolean
}

const ACCOUNT = 'IKIGAI'
const ANYBODY = 'anybody'
/** Beside `deploy/nats.conf`. */
const TEAMS_FILE = 'teams/teams.conf'

/** The part of a nats-server configuration that declares users and their permissions. */
export function natsConfig({
  password,
  teamsFile = TEAMS_FILE,
  openToAll = false,
}: NatsConfigOptions): string {
  return `# Who may do what: written from packages/bus/src/permissions.ts, where it is to be changed.
#
# A password that stands in a variable of the environment (password: $NAME) stands there in double quotes:
#   AUTH_NATS_PASSWORD='"9e1f…"'
# Without them nats-server reads it as a value of its own, a number for example, and does not start.
# packages/bus/src/main.ts writes this file with the passwords in it, quoted as they must be.
accounts {
  ${ACCOUNT} {
    jetstream: enabled
    users: [
${openToAll ? `      { user: ${ANYBODY}, password: "" }\n` : ''}${NATS_USERS.map((user) => userText(user, password(user))).join('\n')}
    ]
    exports: [
${TEAM_EXPORTS.map(exportText).join('\n')}
    ]
  }
  # Each other team has an account of its own: npm run ikigai -- team add <name> writes it.
  include "${teamsFile}"
}
${openToAll ? `no_auth_user: ${ANYBODY}\n` : ''}`
}

/** A quoted string of the configuration: without quotes `9e1f` is a number, and `$x` a variable. */
export function quoted(value: string): string {
  const escaped = value.replaceAll(/["\\]|\p{Cc}/gu, (character) =>
    character === '"' || character === '\\' ? `\\${character}` : hexadecimal(character),
  )
  return `"${escaped}"`
}

/** The UTF-8 bytes of a character as escapes. */
const hexadecimal = (character: string) =>
  [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')

function userText(user: NatsUser, password: string): string {
  const { publish, subscribe } = PERMISSIONS[user]
  return `      {
        user: ${user}
        password: ${password}
        permissions {
          publish: [
${publish.map(item).join('\n')}
          ]
          subscribe: [
${subscribe.map(item).join('\n')}
          ]
        }
      }`
}

const item = (subject: string) => `            "${subject}"`

const exportText = ({ subject, many }: (typeof TEAM_EXPORTS)[number]) =>
  `      { service: "${subject}"${many ? ', response_type: stream' : ''} }`
