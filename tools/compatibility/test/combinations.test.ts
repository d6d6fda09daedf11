import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { workspaceRoot } from '@ikigai/dev-env'
import t from 'tap'
import { COMBINATIONS } from '../src/combinations.ts'

t.test('compatibility: every test file that a combination names is there', async (t) => {
  const files = new Set(COMBINATIONS.flatMap(({ files }) => files))
  for (const file of files) await t.resolves(access(join(workspaceRoot(), file)), file)
})

t.test('compatibility: each combination has a name of its own', async (t) => {
  const names = COMBINATIONS.map(({ name }) => name)
  t.same(names, [...new Set(names)])
})
