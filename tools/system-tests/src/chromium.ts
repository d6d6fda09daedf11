import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inflate } from '@sparticuz/chromium'
import { type Browser, chromium } from 'playwright-core'

const CACHE = fileURLToPath(new URL('../../../.ikigai/cache', import.meta.url))
/** The program, the libraries that a bare machine lacks, and fonts. */
const PARTS = ['chromium.br', 'al2023.tar.br', 'fonts.tar.br']

/** Starts the Chromium that CHROMIUM_PATH names, else the one that npm brought. */
export async function launchChromium(): Promise<Browser> {
  const given = process.env['CHROMIUM_PATH'] ?? ''
  const args = ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none']
  if (given !== '') return chromium.launch({ executablePath: given, args })
  const folder = await unpacked()
  const { LD_LIBRARY_PATH: libraries, ...env } = process.env
  const path = [join(folder, 'al2023', 'lib'), libraries].filter(Boolean).join(delimiter)
  return chromium.launch({
    executablePath: join(folder, 'chromium'),
    args,
    env: { ...definedOnly(env), LD_LIBRARY_PATH: path, FONTCONFIG_PATH: join(folder, 'fonts') },
  })
}

/** Unpacks the program once for each version: whole, or not at all. */
async function unpacked(): Promise<string> {
  const packed = dirname(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')))
  const version = /chromium@([\d.]+)/.exec(packed)?.[1] ?? 'unknown'
  const folder = join(CACHE, `chromium-${version}`)
  if (existsSync(folder)) return folder
  await mkdir(CACHE, { recursive: true })
  const draft = await mkdtemp(join(CACHE, 'chromium-'))
  try {
    await Promise.all(PARTS.map((part) => inflateInto(draft, join(packed, '..', 'bin', part))))
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    // Another process was quicker.
    if (!existsSync(folder)) throw error
  }
  return folder
}

/** The package unpacks into the folder for temporary files, which it looks up when it is called. */
function inflateInto(folder: string, file: string): Promise<string> {
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = folder
  try {
    return inflate(file)
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
}

const definedOnly = (env: NodeJS.ProcessEnv) =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
