import { readFile } from 'node:fs/promises'
import t from 'tap'
import { generatedSources } from '../codegen.ts'

const read = (name: string) => readFile(new URL(`../${name}`, import.meta.url), 'utf8')

t.test('the types are those of the document: npm run client', async (t) => {
  for (const [name, source] of Object.entries(await generatedSources(await read('openapi.json')))) {
    t.equal(await read(`src/${name}`), source, name)
  }
})
