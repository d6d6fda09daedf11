import { createHmac, randomBytes } from 'node:crypto'
import { chmod, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LaunchError } from './errors.ts'

/** Secrets that `npm start` generates once and keeps: without them, stored grants and sessions are lost. */
export interface Secrets {
  /** Key rings, `id:base64`. */
  readonly tokenEncryptionKeys: string
  readonly sessionKeys: string
  readonly webhookVerifyToken: string
  readonly webhookSecret: string
  /** Seed of the passwords of the stores' users. */
  readonly databasePassword: string
  readonly natsPassword: string
  readonly simulatorClientSecret: string
}

const GENERATORS: Readonly<Record<keyof Secrets, () => string>> = {
  tokenEncryptionKeys: () => `local:${randomBytes(32).toString('base64')}`,
  sessionKeys: () => `local:${randomBytes(32).toString('base64')}`,
  webhookVerifyToken: randomToken,
  webhookSecret: randomToken,
  databasePassword: randomToken,
  natsPassword: randomToken,
  simulatorClientSecret: randomToken,
}

/**
 * Reads `secrets.json` of the folder; missing secrets are generated and added. Only its owner can read the file.
 *
 * @throws LaunchError when the file exists and cannot be parsed
 */
export async function loadSecrets(stateDir: string): Promise<Secrets> {
  const file = join(stateDir, 'secrets.json')
  const stored = await readStored(file)
  const value = (name: keyof Secrets): string => stored[name] ?? GENERATORS[name]()
  const secrets: Secrets = {
    tokenEncryptionKeys: value('tokenEncryptionKeys'),
    sessionKeys: value('sessionKeys'),
    webhookVerifyToken: value('webhookVerifyToken'),
    webhookSecret: value('webhookSecret'),
    databasePassword: value('databasePassword'),
    natsPassword: value('natsPassword'),
    simulatorClientSecret: value('simulatorClientSecret'),
  }
  const isComplete = Object.keys(GENERATORS).every((name) => stored[name] !== undefined)
  if (isComplete) await chmod(file, 0o600)
  else await writePrivately(file, `${JSON.stringify({ ...stored, ...secrets }, undefined, 2)}\n`)
  return secrets
}

/** A user's password, from which no other user's can be derived. */
export function derivedPassword(secret: string, user: string): string {
  return createHmac('sha256', secret).update(user).digest('base64url')
}

/** Writes a file atomically, readable only by its owner. */
export async function writePrivately(file: string, content: string): Promise<void> {
  const draft = `${file}.${process.pid}.new`
  await writeFile(draft, content, { mode: 0o600 })
  await rename(draft, file)
}

async function readStored(file: string): Promise<Readonly<Record<string, string>>> {
  let content: string
  try {
    content = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw new LaunchError(
      `${file} cannot be read (${error instanceof Error ? error.message : String(error)}).`,
    )
  }
  const value = parse(content)
  if (isTextRecord(value)) return value
  throw new LaunchError(
    `${file} is damaged. Restore it from a copy; without it the stored grants cannot be read. ` +
      'To start over, remove its folder.',
  )
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    return undefined
  }
}

function isTextRecord(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every((entry) => typeof entry === 'string')
}

function randomToken(): string {
  return randomBytes(24).toString('base64url')
}
