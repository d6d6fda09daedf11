import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { type ChromiumFiles, unpackedChromium } from './chromium-package.ts'
import { fontsConf } from './fonts-conf.ts'

const ARGS = ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none']

/**
 * Starts the Chromium that CHROMIUM_PATH names, as it is installed; else the one from npm, with the fonts that come with
 * it and no others, so that pages look alike on every machine. The latter gets a home folder of its own, which is removed
 * when the browser closes: it reads and writes nothing of the user's.
 */
export async function launchChromium(): Promise<Browser> {
  const given = process.env['CHROMIUM_PATH'] ?? ''
  if (given !== '') return await chromium.launch({ executablePath: given, args: ARGS })
  const files = await unpackedChromium()
  const home = mkdtempSync(join(tmpdir(), 'ikigai-chromium-'))
  const removeHome = () => rmSync(home, { recursive: true, force: true, maxRetries: 3 })
  try {
    const env = environment(files, home)
    const browser = await chromium.launch({ executablePath: files.program, args: ARGS, env })
    browser.once('disconnected', removeHome)
    return browser
  } catch (error) {
    removeHome()
    throw error
  }
}

/** The browser's environment: this process's, with the package's libraries and fonts, and `home` for whatever it writes. */
function environment({ libraries, fonts }: ChromiumFiles, home: string): Record<string, string> {
  const config = join(home, 'fonts.conf')
  writeFileSync(config, fontsConf({ fonts, cache: join(home, 'fontconfig') }))
  const { LD_LIBRARY_PATH } = process.env
  const own = {
    LD_LIBRARY_PATH: [libraries, LD_LIBRARY_PATH].filter(Boolean).join(delimiter),
    FONTCONFIG_FILE: config,
    FONTCONFIG_PATH: home,
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_DATA_HOME: join(home, 'data'),
  }
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  )
  return { ...Object.fromEntries(inherited), ...own }
}
