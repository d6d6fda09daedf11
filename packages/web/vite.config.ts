import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { defaultClientConditions, defineConfig, type Plugin } from 'vite'

const OUT_DIR = 'dist'

/** Puts a brotli copy beside each text file, so that the gateway compresses nothing itself. */
const brotliCopies = (): Plugin => ({
  name: 'brotli-copies',
  apply: 'build',
  closeBundle() {
    const folder = join(import.meta.dirname, OUT_DIR)
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    for (const name of files.filter((file) => /\.(html|js|css|svg)$/.test(file))) {
      const text = readFileSync(join(folder, name))
      const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY }
      writeFileSync(join(folder, `${name}.br`), brotliCompressSync(text, { params }))
    }
  },
})

/** The stylesheet once more under a name that does not change: for the pages that services render themselves. */
const namedStylesheet = (): Plugin => ({
  name: 'named-stylesheet',
  apply: 'build',
  generateBundle(_options, bundle) {
    const sheets = Object.values(bundle).flatMap((file) =>
      file.type === 'asset' && file.fileName.endsWith('.css') ? [file.source] : [],
    )
    this.emitFile({ type: 'asset', fileName: 'page.css', source: sheets.map(String).join('\n') })
  },
})

/** Where `npm run dev` finds a running stack. */
const GATEWAY = 'http://localhost:8080'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [namedStylesheet(), brotliCopies()],
  // The workspace's own packages as sources.
  resolve: { conditions: ['@ikigai/source', ...defaultClientConditions] },
  build: {
    outDir: OUT_DIR,
    target: 'es2022',
    // The policy of the page allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ['index.html', 'status.html'] },
  },
  server: { proxy: { '/v1': GATEWAY, '/auth': GATEWAY } },
})
