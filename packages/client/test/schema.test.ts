import { readFile } from 'node:fs/promises'
import t from 'tap'
import { schemaSource } from '../codegen.ts'

const read = (name: string) => readFile(new URL(`../${name}`, import.meta.url), 'utf8')

t.test('the types are those of the document: npm run client', async (t) => {
  t.equal(await read('src/schema.ts'), await schemaSource(await read('openapi.json')))
})
