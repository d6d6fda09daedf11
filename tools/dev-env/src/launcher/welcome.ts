import { type Addresses, isLoopback, isWildcard } from './addresses.ts'
import type { LaunchConfig } from './launch-config.ts'
import type { Project } from './project.ts'

/** NATS credentials of another team. */
export interface TeamAccess {
  readonly url: string
  readonly name: string
  readonly password: string
}

/** The text printed once everything runs; `*` marks emphasis. */
export function welcomeLines(
  config: LaunchConfig,
  addresses: Addresses,
  project: Pick<Project, 'logDir' | 'stateDir'>,
  team?: TeamAccess,
): readonly string[] {
  const isDemo = config.stravaClientId === undefined
  const lines = [
    ...(isDemo ? demoLines(addresses) : stravaLines(config)),
    ...otherComputersLines(config, addresses, isDemo),
    ...(team === undefined ? [] : teamLines(team)),
    `Logs: ${project.logDir}`,
    `Ctrl-C stops everything; the data stay in ${project.stateDir}.`,
  ]
  return ['', `*ikigai runs: ${addresses.publicUrl}/*`, '', ...lines.map((line) => line && `  ${line}`), '']
}

/** Links and commands to try while the simulator plays Strava. */
function demoLines({ publicUrl, simulatorUrl }: Addresses): readonly string[] {
  return [
    'Strava is played by a simulator, with a small limit. To try:',
    '· sign in as *Lea*: her 640 activities come in page by page, the newest at once',
    '· sign out, and in as *Aiko*: her 4,200 do not fit; the page says what they wait for and until when',
    `· *${publicUrl}/status*: how much of the limit is spent, and what waits for it`,
    '· wait a little: every 45 seconds an athlete finishes an activity, and the webhook brings it here',
    `· rename one, delete one, take Strava down: curl ${simulatorUrl}/simulator/… (tools/simulator/REFERENCE.md)`,
    '',
    'For the real Strava, set STRAVA_CLIENT_ID and STRAVA_CLIENT_SECRET (see README.md).',
  ]
}

function stravaLines(config: LaunchConfig): readonly string[] {
  if (config.webhookUrl === undefined) {
    return [
      'Sign in there with Strava. For its webhook, set WEBHOOK_URL (see README.md): without one, changes at Strava',
      'show only when a history is listed again.',
    ]
  }
  return [
    `Sign in there with Strava. ingest keeps the webhook at ${config.webhookUrl};`,
    'to see the subscription: npm run ikigai -- webhook list',
  ]
}

/** Hints for other computers: sign-in uses PUBLIC_URL and, in the demo, the simulator; the browser must reach both. */
function otherComputersLines(
  config: LaunchConfig,
  { publicUrl, demoOauthUrl }: Addresses,
  isDemo: boolean,
): readonly string[] {
  if (isWildcard(config.host) && isLoopback(publicUrl)) {
    return [
      '*From another computer*: set PUBLIC_URL to the address that its browser opens, such as',
      `PUBLIC_URL=http://192.168.1.20:${config.gatewayPort}, and start again. Until then, sign-in works on this one only.`,
    ]
  }
  if (!isDemo || isLoopback(publicUrl)) return []
  return [
    `Browsers sign in at ${demoOauthUrl} and must reach the simulator there;`,
    'STRAVA_OAUTH_URL names another address.',
  ]
}

/** A command line to paste. */
const teamLines = ({ url, name, password }: TeamAccess): readonly string[] => [
  '*As another team* (docs/teams.md), follow the events:',
  `NATS_URL=${url} NATS_USER=${name} NATS_PASSWORD=${password} node packages/contracts/examples/nats-v2.mjs`,
]
