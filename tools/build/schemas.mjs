// npm run schemas: writes the JSON Schema files and the AsyncAPI document of packages/contracts from its sources.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { install } from './install.mjs'
import { projectDir } from './project.mjs'
import { runMain } from './steps.mjs'

const dir = join(projectDir, 'packages', 'contracts')

await runMain(async () => {
  await install()
  const { register } = await import('tsx/esm/api')
  register()
  const { asyncApi, schemaFiles } = await import('../../packages/contracts/src/index.ts')
  const { version } = JSON.parse(await readFile(join(dir, 'package.json'), 'utf8'))
  await rm(join(dir, 'schemas'), { recursive: true, force: true })
  await mkdir(join(dir, 'schemas'))
  for (const [name, schema] of schemaFiles()) await write(join('schemas', name), schema)
  await write('asyncapi.json', asyncApi(version))
  return 0
})

/**
 * @param {string} file
 * @param {unknown} value
 */
async function write(file, value) {
  await writeFile(join(dir, file), `${JSON.stringify(value, undefined, 2)}\n`)
}
