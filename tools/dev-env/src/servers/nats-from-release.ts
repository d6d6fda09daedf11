import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { OnProgress } from './server.ts'

const run = promisify(execFile)

/** The pinned release. */
export const RELEASE_VERSION = '2.14.5'
/** For the whole download, and for its first answer: where there is no way out, a start must not wait for long. */
const TIMEOUT_MS = 120_000
const ANSWER_TIMEOUT_MS = 4_000

/** SHA-256 of the release's archives, by platform. */
const CHECKSUMS: Readonly<Record<string, string>> = {
  'linux-amd64': '5e3b603d47c447bda1f77f9ac16dbf91c90aac4ff3681f8fbbc7201e4ed99355',
  'linux-arm64': '673a98d3faa79dde3f9ebf16d6dfac36a5f694e7ad2015e4954dd7939c85cd4c',
  'darwin-amd64': 'f95c98d6b6ed2b63c5681b46b092c9585c99767d547cf495730c329234625e96',
  'darwin-arm64': 'ddd907854d9a2de834af133fa396915fe6442fe6d8909ae31390d1ea7a0fea50',
}

/** Downloads the official release for this platform, checks it and unpacks it below `folder`. */
export async function downloadRelease(folder: string, onProgress: OnProgress): Promise<string> {
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
  const checksum = CHECKSUMS[platform]
  if (checksum === undefined) throw new Error(`release ${RELEASE_VERSION}: none is pinned for ${platform}`)
  const name = `nats-server-v${RELEASE_VERSION}-${platform}`
  const url = `https://github.com/nats-io/nats-server/releases/download/v${RELEASE_VERSION}/${name}.tar.gz`
  onProgress(`downloading ${url}`)
  const archive = join(folder, 'release.tar.gz')
  await writeFile(archive, verified(await download(url), checksum))
  await run('tar', ['-xzf', archive, '-C', folder])
  return join(folder, name, 'nats-server')
}

/** The bytes themselves; throws when their SHA-256 is another one. */
export function verified(bytes: Uint8Array, checksum: string): Uint8Array {
  const actual = createHash('sha256').update(bytes).digest('hex')
  if (actual !== checksum)
    throw new Error(`release ${RELEASE_VERSION}: the download has SHA-256 ${actual}, not ${checksum}`)
  return bytes
}

async function download(url: string): Promise<Uint8Array> {
  try {
    const response = await answered(url)
    if (!response.ok) throw new Error(`the server answers ${response.status}`)
    return new Uint8Array(await response.arrayBuffer())
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw new Error(
      `release ${RELEASE_VERSION}: ${url} cannot be downloaded (${cause instanceof Error ? cause.message : cause})`,
    )
  }
}

async function answered(url: string): Promise<Response> {
  const silence = new AbortController()
  const timer = setTimeout(
    () => silence.abort(new Error(`no answer in ${ANSWER_TIMEOUT_MS / 1_000} s`)),
    ANSWER_TIMEOUT_MS,
  )
  try {
    return await fetch(url, { signal: AbortSignal.any([silence.signal, AbortSignal.timeout(TIMEOUT_MS)]) })
  } finally {
    clearTimeout(timer)
  }
}
