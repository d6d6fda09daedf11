import type { Test } from 'tap'
import { runInRoot } from './run-in-root.ts'
import { shellBlocks } from './shell.ts'
import { readText } from './texts.ts'

/** Lets a team in on an instance that runs, with the command of docs/teams.md, and follows the events as that team. */
export async function tryTeamCommand(t: Test, place: Readonly<Record<string, string>>): Promise<void> {
  const [command = ''] = shellBlocks(readText('docs/teams.md'))
  const printed = await runInRoot(t, command, place).rest()
  const access = Object.fromEntries(
    [...printed.matchAll(/^ {2}(NATS_\w+)=(\S+)$/gm)].map(([, name, value]) => [name, value]),
  )
  t.match(access, { NATS_URL: /^nats:/, NATS_USER: 'acme', NATS_PASSWORD: /./ })
  const team = runInRoot(t, 'exec node packages/contracts/examples/nats-v2.mjs', access)
  t.equal(await team.next(/./), 'following the events')
  t.match(await team.next(/^ikigai\./), /^ikigai\.\w+\.\w+ \d+ /, 'from the oldest event on')
}
