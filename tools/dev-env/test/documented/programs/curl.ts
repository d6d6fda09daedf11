import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

// The part of curl that the documents use, for machines that have none. It fails where curl --fail does.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    silent: { type: 'boolean', short: 's' },
    'cookie-jar': { type: 'string', short: 'c' },
    cookie: { type: 'string', short: 'b' },
    output: { type: 'string', short: 'o' },
    'write-out': { type: 'string', short: 'w' },
    header: { type: 'string', short: 'H', multiple: true, default: [] },
    request: { type: 'string', short: 'X' },
    data: { type: 'string', short: 'd' },
  },
})
const [address = ''] = positionals
const url = /^https?:/.test(address) ? address : `http://${address}`
const headers = new Headers(
  values.header.map((line): [string, string] => {
    const [name = '', ...rest] = line.split(':')
    return [name, rest.join(':').trim()]
  }),
)
if (values.cookie !== undefined && existsSync(values.cookie))
  headers.set('cookie', readFileSync(values.cookie, 'utf8'))
const method = values.request ?? (values.data === undefined ? 'GET' : 'POST')
const response = await fetch(url, { method, headers, body: values.data ?? null, redirect: 'manual' })
const body = await response.text()
if (values['cookie-jar'] !== undefined) {
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0])
  writeFileSync(values['cookie-jar'], cookies.join('; '))
}
if (values.output === undefined) process.stdout.write(body)
const location = response.headers.get('location')
const redirect = location === null ? '' : new URL(location, url).href
const shown = (values['write-out'] ?? '')
  .replaceAll('%{redirect_url}', redirect)
  .replaceAll('%{http_code}', String(response.status))
process.stdout.write(shown)
if (response.status >= 400) process.exitCode = 22
