import { readFile } from 'node:fs/promises'
import { teamsIn } from '@ikigai/bus'
import { type Finding, failed, ok, warning } from './finding.ts'

/** The file with the accounts of other teams, which nats-server includes. */
export async function teamsFinding(file: string): Promise<Finding> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => error)
  if (typeof text === 'string') {
    const teams = teamsIn(text)
    return ok('teams', teams.length === 0 ? 'none' : teams.join(', '))
  }
  if (text.code === 'ENOENT')
    return failed(
      'teams',
      `${file} is missing`,
      'nats-server includes it and does not start without it: create an empty file, or run setup.',
    )
  return warning(
    'teams',
    `${file}: ${text.code ?? text.message}`,
    'This user must be able to read and write it.',
  )
}
