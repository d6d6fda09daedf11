import { BUILD_NAME } from '@ikigai/chassis'
import { type ConnectedService, connectedServices, type Db, privilegeReport, schemaState } from '@ikigai/db'
import { type Finding, failed, ok, skipped, warning } from './finding.ts'

const SERVICES = ['gateway', 'auth', 'ingest', 'fetcher']

/** Builds of the services, version of the schema, and privileges of the roles. */
export async function releaseFindings(db: Db): Promise<readonly Finding[]> {
  return [
    ...buildFindings(await connectedServices(db), BUILD_NAME),
    await schemaFinding(db),
    await privilegesFinding(db),
  ]
}

/** @param own the build of this command line */
export function buildFindings(connected: readonly ConnectedService[], own: string): readonly Finding[] {
  const missing = SERVICES.filter((name) => !connected.some(({ service }) => service === name))
  const builds = new Set([...connected.map(({ build }) => build), own])
  const each = connected.map(({ service, build }) => `${service} ${build}`).join(', ')
  return [
    missing.length > 0
      ? warning(
          'services',
          `no connection of ${missing.join(', ')} to PostgreSQL`,
          'Check docker compose ps and the logs: is each of them running?',
        )
      : ok('services', `${SERVICES.join(', ')} are connected`),
    builds.size > 1
      ? warning(
          'builds',
          `they differ: ${each}; this command is ${own}`,
          'Unless an upgrade is in progress, bring all to one version: docker compose up -d.',
        )
      : ok('builds', own),
  ]
}

async function schemaFinding(db: Db): Promise<Finding> {
  const { applied, known, minimum } = await schemaState(db)
  const detail = `${applied} migrations are applied, this release has ${known}`
  if (applied < known)
    return failed('schema', detail, 'Run the service migrate: docker compose up -d migrate.')
  if (known < minimum)
    return failed(
      'schema',
      `${detail}; the schema requires a release with ${minimum} or more`,
      'Run the later release that has migrated this database, or restore a backup: see docs/operations/upgrade.md.',
    )
  return applied > known
    ? warning(
        'schema',
        detail,
        'A later release has migrated this database, and this one works with it. Unless an upgrade is in progress, run the later one.',
      )
    : ok('schema', detail)
}

/** Maximum privileges that are listed; the rest is counted. */
const MAX_LISTED = 3

async function privilegesFinding(db: Db): Promise<Finding> {
  const { roles, missing, excess } = await privilegeReport(db)
  if (roles.length === 0) return skipped('privileges', 'no service has a role of its own')
  const advice = 'Run the service migrate, which grants the required privileges and revokes the others.'
  const list = (sentences: readonly string[]) =>
    sentences.slice(0, MAX_LISTED).join('; ') +
    (sentences.length > MAX_LISTED ? ` and ${sentences.length - MAX_LISTED} more` : '')
  if (missing.length > 0) return failed('privileges', `missing: ${list(missing)}`, advice)
  return excess.length > 0
    ? warning('privileges', `unneeded: ${list(excess)}`, advice)
    : ok('privileges', `${roles.length} roles have those of this release`)
}
