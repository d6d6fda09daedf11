import { access, readFile } from 'node:fs/promises'
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

t.test('compatibility: the weekly job tries every combination', async (t) => {
  const workflow = join(workspaceRoot(), '.github', 'workflows', 'compatibility.yml')
  const tried = [...(await readFile(workflow, 'utf8')).matchAll(/^ {10}- (.+)$/gm)].map(
    ([, start = '']) => start,
  )
  for (const { name } of COMBINATIONS)
    t.equal(tried.filter((start) => name.startsWith(start)).length, 1, name)
})
