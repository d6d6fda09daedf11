// Builds what runs: the bundles of the programs, and the page. By itself: for the image.
import { pathToFileURL } from 'node:url'
import { bundle } from './bundle.mjs'
import { buildPage } from './page.mjs'
import { programs, programsDir } from './programs.mjs'
import { runMain } from './steps.mjs'

/** Brings the bundles and the page up to date. */
export async function build() {
  await Promise.all([bundle({ folder: programsDir, sources: await programs() }), buildPage()])
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await runMain(async () => {
    await build()
    return 0
  })
}
