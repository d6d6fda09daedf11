import { ALL_EVENTS, EVENTS_STREAM, SUBJECT_ROOT } from '@ikigai/contracts'
import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  connect,
  DeliverPolicy,
  NatsError,
  nanos,
} from 'nats'
import type { Bus } from './connection.ts'
import { quoted } from './nats-config.ts'
import { consuming, NATS_USERS, TEAM_SERVICES } from './permissions.ts'

/** Another team. Its user and its durable consumer of `EVENTS` have its name. */
export interface Team {
  readonly name: string
  readonly password: string
}

const API_ROOT = `${SUBJECT_ROOT}.api.`
const TEAM_ROOT = `${SUBJECT_ROOT}.team.`
const RESERVED: ReadonlySet<string> = new Set([...NATS_USERS, 'anybody'])

/** Whether a team may have this name: 2 to 32 lower-case letters, digits and `-`, and not the name of a user of ours. */
export const isTeamName = (name: string): boolean =>
  /^[a-z][a-z0-9-]{1,31}$/.test(name) && !RESERVED.has(name)

/**
 * Subject on which a team's request to `subject` arrives. The server maps it by the team's account, so a team cannot use
 * another name.
 */
export const teamSubject = (subject: string, team: string) =>
  `${TEAM_ROOT}${team}.api.${subject.slice(API_ROOT.length)}`

/** The team that a request came from; undefined: one of our own users. */
export function teamOfSubject(subject: string): string | undefined {
  return subject.startsWith(TEAM_ROOT) ? subject.slice(TEAM_ROOT.length).split('.')[0] : undefined
}

const begin = (name: string) => `# team ${name}\n`
const end = (name: string) => `# end of team ${name}\n`

/** Entry of nats-server's `accounts`: the team's account, its user, and its imports. */
export function teamAccount({ name, password }: Team): string {
  const imports = [
    `{ service: { account: IKIGAI, subject: "${TEAM_ROOT}${name}.api.>" }, to: "${API_ROOT}>" }`,
    ...[...TEAM_SERVICES.map(({ subject }) => subject), ...consuming(EVENTS_STREAM, name)].map(
      (subject) => `{ service: { account: IKIGAI, subject: "${subject}" } }`,
    ),
  ]
  return `${begin(name)}TEAM_${name} {
  users: [ { user: ${name}, password: ${quoted(password)} } ]
  imports: [
${imports.map((line) => `    ${line}`).join('\n')}
  ]
}
${end(name)}`
}

/** Names of the teams in a file of {@link teamAccount}s. */
export const teamsIn = (text: string): readonly string[] =>
  [...text.matchAll(/^# team (\S+)$/gm)].map(([, name = '']) => name)

/** The file without a team. */
export function withoutTeam(text: string, name: string): string {
  const from = text.indexOf(begin(name))
  const to = text.indexOf(end(name))
  return from === -1 || to === -1 ? text : text.slice(0, from) + text.slice(to + end(name).length)
}

/**
 * Creates a team's durable consumer; an existing one keeps its position. `from`: time of the first events; by default the
 * oldest in the stream.
 */
export async function ensureTeamConsumer(bus: Bus, name: string, from?: Date): Promise<void> {
  const jsm = await bus.nc.jetstreamManager()
  if ((await teamConsumer(bus, name)) !== undefined) return
  const start: Partial<ConsumerConfig> =
    from === undefined
      ? { deliver_policy: DeliverPolicy.All }
      : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: from.toISOString() }
  await jsm.consumers.add(EVENTS_STREAM, {
    durable_name: name,
    filter_subject: ALL_EVENTS,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(30_000),
    max_deliver: -1,
    max_ack_pending: 1_000,
    ...start,
  })
}

/** A team's consumer with its position; undefined if there is none. */
export async function teamConsumer(bus: Bus, name: string): Promise<ConsumerInfo | undefined> {
  const jsm = await bus.nc.jetstreamManager()
  return await jsm.consumers.info(EVENTS_STREAM, name).catch(absent)
}

/** Removes a team's consumer, and with it its position. */
export async function removeTeamConsumer(bus: Bus, name: string): Promise<void> {
  const jsm = await bus.nc.jetstreamManager()
  await jsm.consumers.delete(EVENTS_STREAM, name).catch(absent)
}

function absent(error: unknown): undefined {
  if (error instanceof NatsError && error.api_error?.code === 404) return undefined
  throw error
}

/** Whether the servers accept the team and answer it: a reloaded server activates an account in two steps. */
export async function canConnectAs(servers: readonly string[], { name, password }: Team): Promise<boolean> {
  const options = { servers: [...servers], user: name, pass: password, reconnect: false, timeout: 2_000 }
  const nc = await connect(options).catch(() => undefined)
  if (nc === undefined) return false
  try {
    await nc.request(`$JS.API.CONSUMER.INFO.${EVENTS_STREAM}.${name}`, '', { timeout: 1_000 })
    return true
  } catch {
    return false
  } finally {
    await nc.close()
  }
}
