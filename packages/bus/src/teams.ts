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

/** Another team: its name is that of its user and of its durable consumer of `EVENTS`. */
export interface Team {
  readonly name: string
  readonly password: string
}

const API_ROOT = `${SUBJECT_ROOT}.api.`
const TEAM_ROOT = `${SUBJECT_ROOT}.team.`
const RESERVED: ReadonlySet<string> = new Set([...NATS_USERS, 'anybody'])

/** Whether a team may be called so: lower-case letters, digits and `-`, 2 to 32 of them, and no user of ours. */
export const isTeamName = (name: string): boolean =>
  /^[a-z][a-z0-9-]{1,31}$/.test(name) && !RESERVED.has(name)

/**
 * Where a request arrives that a team has sent to `subject`: its account maps the one to the other, so the name is the
 * server's word and not the team's.
 */
export const teamSubject = (subject: string, team: string) =>
  `${TEAM_ROOT}${team}.api.${subject.slice(API_ROOT.length)}`

/** The team that a request came from; undefined: one of our own users. */
export function teamOfSubject(subject: string): string | undefined {
  return subject.startsWith(TEAM_ROOT) ? subject.slice(TEAM_ROOT.length).split('.')[0] : undefined
}

const begin = (name: string) => `# team ${name}\n`
const end = (name: string) => `# end of team ${name}\n`

/** Part of nats-server's `accounts`: the team's account, its user, and all that it reaches. */
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

/** The teams that a file of {@link teamAccount}s holds. */
export const teamsIn = (text: string): readonly string[] =>
  [...text.matchAll(/^# team (\S+)$/gm)].map(([, name = '']) => name)

/** The file without a team. */
export function withoutTeam(text: string, name: string): string {
  const from = text.indexOf(begin(name))
  const to = text.indexOf(end(name))
  return from === -1 || to === -1 ? text : text.slice(0, from) + text.slice(to + end(name).length)
}

/**
 * Creates a team's durable consumer; an existing one keeps its position. `from`: time of the first events it gets;
 * without it the oldest that the stream holds.
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

/** How far a team has read; undefined: it has no consumer. */
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

/** Whether the servers admit the team and answer it: a reloaded server activates an account in two steps. */
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
