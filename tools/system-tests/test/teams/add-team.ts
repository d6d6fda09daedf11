import { runCommand } from '@ikigai/cli'
import type { Stack } from '../stack.ts'

/** What a team is given to connect with. */
export interface TeamAccess {
  readonly NATS_URL: string
  readonly NATS_USER: string
  readonly NATS_PASSWORD: string
}

/** Lets a team in, with the operator's command; `more`: its options. */
export async function addTeam(stack: Stack, name: string, more: readonly string[] = []): Promise<TeamAccess> {
  const { output } = await runCommand(['team', 'add', name, '--json', ...more], stack.operatorEnv)
  const { reloaded, ...access }: TeamAccess & { reloaded: boolean } = JSON.parse(output)
  if (!reloaded) throw new Error('nats-server does not let the team in')
  return access
}
