import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { loadSecrets } from '../../src/launcher/secrets.ts'

t.test('secrets: secrets are made up once and kept for their owner’s eyes alone', async (t) => {
  const folder = t.testdir()
  const first = await loadSecrets(folder)
  t.match(first.tokenEncryptionKeys, /^local:[A-Za-z0-9+/]{43}=$/)
  t.match(first.webhookSecret, /^[A-Za-z0-9_-]{32}$/)
  t.not(first.tokenEncryptionKeys, first.sessionKeys)
  t.equal((await stat(join(folder, 'secrets.json'))).mode & 0o777, 0o600)
  t.same(await loadSecrets(folder), first)
})

t.test('secrets: a secret that is missing is added, the others and what else is there stay', async (t) => {
  const folder = t.testdir({ 'secrets.json': '{"natsPassword":"kept","note":"mine"}' })
  const secrets = await loadSecrets(folder)
  t.equal(secrets.natsPassword, 'kept')
  const stored: unknown = JSON.parse(await readFile(join(folder, 'secrets.json'), 'utf8'))
  t.match(stored, { ...secrets, note: 'mine' })
})

t.test('secrets: a damaged file is not replaced', async (t) => {
  const folder = t.testdir()
  for (const content of ['{"natsPassword":', '[]', '{"natsPassword":1}']) {
    await writeFile(join(folder, 'secrets.json'), content)
    await t.rejects(loadSecrets(folder), { name: 'LaunchError', message: /is damaged/ })
    t.equal(await readFile(join(folder, 'secrets.json'), 'utf8'), content)
  }
})
