import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { workspaceRoot } from '@ikigai/dev-env'
import { browser } from '@ikigai/testkit'
import type { Test } from 'tap'
import { onOwnPorts } from './calls.ts'
import { runShell, shellBlocks } from './shell.ts'
import { readText } from './texts.ts'

const HTML = { accept: 'text/html' }

/**
 * Runs the commands of docs/apps.md on an instance that runs, and does in a browser what its text says.
 *
 * @param place the settings of the instance
 * @param token a personal access token
 */
export async function tryAppCommands(t: Test, place: Readonly<Record<string, string>>, token: string) {
  const blocks = shellBlocks(readText('docs/apps.md')).map((block) => onOwnPorts(block, place))
  const [command = '', page = '', script = ''] = blocks
  t.equal(blocks.length, 3)

  const first = runInRoot(t, command, place)
  const address = await first.next(/^http\S+$/)
  await allow(address, place)
  t.match(await first.rest(), /One of your activities: .+ km\nSigned out\.$/, 'the first answer')

  t.match(await runInRoot(t, page, place).rest(), /serve\.mjs http:\S+ app_[0-9a-f]{24}$/)
  const read = await runShell(t, `token='${token}'\n${script}`)
  t.match(read, /"athlete_id"/, 'a script reads an activity')
}

/** The athlete's part: chooses themselves at the simulated Strava, and allows. */
async function allow(address: string, place: Readonly<Record<string, string>>): Promise<void> {
  const tab = browser()
  const simulator = `http://localhost:${place['SIMULATOR_PORT']}`
  const athletes: unknown = await (await fetch(`${simulator}/simulator/athletes`)).json()
  const [athlete] = Array.isArray(athletes) ? athletes : []
  const strava = await tab.get(address, { headers: HTML })
  const consent = await tab.get(`${strava.url}&athlete=${athlete.id}&decision=authorize`, { headers: HTML })
  const [, field = ''] = /name="consent" value="([^"]+)"/.exec(consent.body) ?? []
  await tab.post(new URL('/auth/consent', consent.url), {
    headers: { ...HTML, 'sec-fetch-site': 'same-origin' },
    form: { consent: field, decision: 'allow' },
  })
}

/** Runs commands in the project's root folder, as somebody at a terminal. */
function runInRoot(t: Test, commands: string, env: Readonly<Record<string, string>>) {
  const { PATH } = process.env
  const child = spawn('sh', ['-euc', commands], {
    cwd: workspaceRoot(),
    env: { PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  t.teardown(() => {
    child.kill()
    return ended
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    /** The next line of this form. */
    next: async (form: RegExp): Promise<string> => {
      for (;;) {
        const { value, done } = await lines.next()
        if (done === true) throw new Error(`nothing like ${form} was printed`)
        if (form.test(value)) return value
      }
    },
    /** What is printed until the end. Fails when the commands do. */
    rest: async (): Promise<string> => {
      const found: string[] = []
      for (let line = await lines.next(); line.done !== true; line = await lines.next())
        found.push(line.value)
      const code = await ended
      if (code !== 0) throw new Error(`the commands ended with ${code}: ${found.join('\n')}`)
      return found.join('\n').trim()
    },
  }
}
