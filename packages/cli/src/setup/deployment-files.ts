import { cp, mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Files that Docker Compose needs besides `.env`, relative to the release. */
const FILES = [
  'deploy/compose.production.yml',
  'deploy/compose.simulator.yml',
  'deploy/backup.sh',
  'deploy/restore.sh',
  'deploy/nats-server.conf',
  'deploy/nats.conf',
  'deploy/caddy/Caddyfile',
  'deploy/prometheus/prometheus.yml',
  'deploy/prometheus/ikigai.rules.yml',
  'deploy/grafana/ikigai.json',
  ...['acme', 'acme-email', 'files', 'internal', 'proxy'].map((mode) => `deploy/caddy/tls-${mode}.caddy`),
]

/**
 * Copies the release's deployment files from the image into the installation's folder. In a checkout both folders are the
 * same, and nothing happens.
 *
 * @returns the written files, relative to the folder
 */
export async function copyDeploymentFiles(release: string, folder: string): Promise<readonly string[]> {
  // Created by Docker it would belong to root, and `team add` could not write there.
  await mkdir(join(folder, 'deploy', 'teams'), { recursive: true })
  await mkdir(join(folder, 'backups'), { recursive: true, mode: 0o700 })
  if (await isSameFolder(release, folder)) return []
  for (const file of FILES) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await cp(join(release, file), join(folder, file))
  }
  return FILES
}

async function isSameFolder(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([stat(one), stat(other)])
  return first.dev === second.dev && first.ino === second.ino
}
