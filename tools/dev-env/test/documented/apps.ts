import { browser, freePort } from '@ikigai/testkit'
import type { Test } from 'tap'
import { onOwnPorts } from './calls.ts'
import { runInRoot } from './run-in-root.ts'
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

  const port = await freePort()
  const served = runInRoot(
    t,
    page.replaceAll(':5180', `:${port}`).replace(/"\$client"\n$/, `"$client" ${port}\n`),
    place,
  )
  const origin = await served.next(/^http\S+$/)
  t.match(await (await fetch(`${origin}config.json`)).json(), {
    issuer: `http://localhost:${place['GATEWAY_PORT']}`,
    client_id: /^app_[0-9a-f]{24}$/,
  })
  t.match(await (await fetch(origin)).text(), 'Sign in with ikigai')
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
