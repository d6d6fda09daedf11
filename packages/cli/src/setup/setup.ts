import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Command, CommandError } from '../command.ts'
import { SETUP_OPTIONS, setupAnswers, terminalAsk } from './ask.ts'
import { copyDeploymentFiles } from './deployment-files.ts'
import { environmentText, readEnvironmentFile, writePrivateFile } from './environment-file.ts'
import { productionEnvironment } from './production-environment.ts'

/** `setup`: generates every secret and writes `.env` for `deploy/compose.production.yml`. */
export const setup: Command = {
  usage: 'setup',
  does: 'asks for the host name and the Strava application, generates secrets, writes .env',
  options: SETUP_OPTIONS,
  run: async (_, env, options) => {
    const release = releaseFolder()
    const folder = env['IKIGAI_INSTANCE_DIR'] ?? release
    const terminal = terminalAsk()
    try {
      const version = await releaseVersion(release)
      const answers = await setupAnswers(options, { ask: terminal.ask, version, user: ownUser() })
      const path = join(folder, '.env')
      const existing = await readEnvironmentFile(path)
      const values = productionEnvironment(answers, existing)
      await writePrivateFile(path, environmentText(values))
      const files = await copyDeploymentFiles(release, folder)
      const made = Object.keys(values).filter((name) => existing[name] === undefined)
      return {
        value: { file: '.env', made, files, public_url: values['PUBLIC_URL'] },
        text: nextSteps(answers.host, answers.tls === 'proxy'),
      }
    } finally {
      terminal.close()
    }
  },
}

function nextSteps(host: string, isBehindProxy: boolean): string {
  const compose = 'docker compose -f deploy/compose.production.yml'
  return [
    '.env is written. It contains every secret: keep a copy with your backups.',
    '',
    'At https://www.strava.com/settings/api, set the Authorization Callback Domain to:',
    `  ${new URL(`https://${host}`).hostname}`,
    ...(isBehindProxy ? ['', 'Have your proxy forward https requests for this host to 127.0.0.1:8080.'] : []),
    '',
    'Then:',
    `  ${compose} up -d`,
    `  ${compose} run --rm ikigai doctor`,
  ].join('\n')
}

const ownUser = () => `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`

/** The root of the release: of the checkout, or of the image. */
function releaseFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'deploy', 'compose.production.yml'))) {
    const parent = dirname(folder)
    if (parent === folder)
      throw new CommandError('deploy/compose.production.yml is not part of this release.')
    folder = parent
  }
  return folder
}

async function releaseVersion(release: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(release, 'package.json'), 'utf8'))
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : ''
  return String(version)
}
