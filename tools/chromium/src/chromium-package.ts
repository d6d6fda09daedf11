import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inflate } from '@sparticuz/chromium'

const CACHE = fileURLToPath(new URL('../../../.ikigai/cache', import.meta.url))

/** The program, the libraries that a bare machine lacks, and fonts. */
const PARTS = ['chromium.br', 'al2023.tar.br', 'fonts.tar.br']

/** Where the parts of the unpacked Chromium are: absolute paths. */
export interface ChromiumFiles {
  readonly program: string
  /** Shared libraries, for LD_LIBRARY_PATH. */
  readonly libraries: string
  /** TrueType files, each family in a folder of its own. */
  readonly fonts: string
}

/** Unpacks the Chromium of the npm package `@sparticuz/chromium` into the project's cache: whole, once per version. */
export async function unpackedChromium(): Promise<ChromiumFiles> {
  const packed = dirname(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')))
  const version = /chromium@([\d.]+)/.exec(packed)?.[1] ?? 'unknown'
  const folder = join(CACHE, `chromium-${version}`)
  if (!existsSync(folder)) await unpack(join(packed, '..', 'bin'), folder)
  return {
    program: join(folder, 'chromium'),
    libraries: join(folder, 'al2023', 'lib'),
    fonts: join(folder, 'fonts', 'fonts'),
  }
}

async function unpack(from: string, folder: string): Promise<void> {
  await mkdir(CACHE, { recursive: true })
  const draft = await mkdtemp(join(CACHE, 'chromium-'))
  try {
    await Promise.all(PARTS.map((part) => inflateInto(draft, join(from, part))))
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    // Another process was quicker.
    if (!existsSync(folder)) throw error
  }
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
