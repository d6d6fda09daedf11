import { join } from 'node:path'
import { type Environment, findFaults, loadConfig } from '@ikigai/chassis/config'
import { createStravaClient } from '@ikigai/strava'
import { type Command, table, withBus, withDatabase } from '../command.ts'
import { operatorSettings } from '../config.ts'
import { quotaOf } from '../quota.ts'
import { teamsFile } from '../team.ts'
import { databaseFindings } from './database.ts'
import { type Finding, type FindingState, failed, guarded, ok } from './finding.ts'
import { backupFindings, diskFindings } from './host.ts'
import { messagingFindings } from './messaging.ts'
import { releaseFindings } from './services.ts'
import { quotaFindings, stravaFindings } from './strava.ts'
import { teamsFinding } from './teams.ts'
import { publicAddressFindings, webhookFindings } from './web.ts'

const MARKS: Readonly<Record<FindingState, string>> = { ok: '✓', warning: '!', failed: '✗', skipped: '-' }

/** `doctor`: checks the whole installation. Exit code 0: no problem; 3: warnings; 1: failures. */
export const doctor: Command = {
  usage: 'doctor',
  does: 'checks the installation and explains how to fix each problem',
  run: async (_, env) => {
    const findings = await examine(env, () => Date.now())
    const has = (state: FindingState) => findings.some((finding) => finding.state === state)
    return {
      value: findings,
      text: `${linesOf(findings)}\n\n${verdict(findings)}`,
      exitCode: has('failed') ? 1 : has('warning') ? 3 : 0,
    }
  },
}

/** All findings, in the order of display. */
async function examine(env: Environment, now: () => number): Promise<readonly Finding[]> {
  const faults = findFaults(env, operatorSettings)
  if (faults.length > 0) {
    const names = faults.map(({ name, problem }) => `${name} ${problem}`).join('; ')
    return [failed('configuration', names, 'Run setup, or see docs/configuration.md.')]
  }
  const config = loadConfig(env, operatorSettings)
  const { webhookUrl, stravaWebhookSecret: secret, stravaWebhookVerifyToken: verifyToken } = config
  const callbackUrl = `${webhookUrl}/webhooks/strava/${secret}`
  const strava = createStravaClient({
    apiUrl: config.stravaApiUrl,
    oauthUrl: config.stravaApiUrl,
    revokePath: 'revoke',
    clientId: config.stravaClientId,
    clientSecret: config.stravaClientSecret,
    now,
  })
  const folder = env['IKIGAI_INSTANCE_DIR'] ?? process.cwd()
  const parts = await Promise.all([
    guarded('PostgreSQL', 'Is it running? Check DATABASE_URL.', () =>
      withDatabase(env, async (db) => databaseFindings(db, now, config.stravaAthleteLimit)),
    ),
    guarded('schema', 'Run the service migrate, and see its log.', () => withDatabase(env, releaseFindings)),
    guarded('NATS', 'Is it running? Check NATS_URL and the operator’s password.', () =>
      withBus(env, messagingFindings),
    ),
    guarded('quota', 'It is read from PostgreSQL.', async () => quotaFindings((await quotaOf(env)).status)),
    guarded('Strava', 'Is Strava reachable from here?', () => stravaFindings(strava, { callbackUrl, now })),
    guarded('webhook', 'See the log of ingest.', () => webhookFindings(callbackUrl, verifyToken)),
    guarded('public address', 'See the log of gateway.', () => publicAddressFindings(env['PUBLIC_URL'], now)),
    guarded('teams', 'See docs/teams.md.', async () => [await teamsFinding(teamsFile(env))]),
    guarded('disk', 'See the folder of the installation.', () => diskFindings(folder)),
    guarded('backup', 'It is looked for in the folder backups and in PostgreSQL.', () =>
      withDatabase(env, (db) => backupFindings(join(folder, 'backups'), db, now)),
    ),
  ])
  return [ok('configuration', 'complete'), ...parts.flat()]
}

const linesOf = (findings: readonly Finding[]) =>
  table(
    findings.map(({ check, state, detail, advice }) => [
      MARKS[state],
      check,
      advice === undefined ? detail : `${detail}. ${advice}`,
    ]),
  )

function verdict(findings: readonly Finding[]): string {
  const count = (state: FindingState) => findings.filter((finding) => finding.state === state).length
  const [wrong, warned] = [count('failed'), count('warning')]
  if (wrong > 0) return `${wrong} ${wrong === 1 ? 'check' : 'checks'} failed.`
  return warned > 0
    ? `Working, with ${warned} ${warned === 1 ? 'warning' : 'warnings'}.`
    : 'No problems found.'
}
