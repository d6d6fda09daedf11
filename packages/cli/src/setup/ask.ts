import { createInterface } from 'node:readline/promises'
import { CommandError } from '../command.ts'
import { type SetupAnswers, TLS_MODES, type TlsMode } from './production-environment.ts'

/** Options of `setup`; missing ones are prompted for at a terminal. */
export const SETUP_OPTIONS = {
  host: { type: 'string' },
  'client-id': { type: 'string' },
  'client-secret': { type: 'string' },
  tls: { type: 'string' },
  email: { type: 'string' },
  certificates: { type: 'string' },
  'proxy-addresses': { type: 'string' },
} as const

/** Values of {@link SETUP_OPTIONS}. */
export type SetupOptions = { readonly [name in keyof typeof SETUP_OPTIONS]?: string | undefined }

/** Asks one question. */
export type Ask = (question: string) => Promise<string>

const QUESTIONS = {
  host: 'Public host name of this server (for example ikigai.example.org): ',
  'client-id': 'Client ID of your Strava application (https://www.strava.com/settings/api): ',
  'client-secret': 'Client secret of your Strava application: ',
} as const

/** @throws CommandError (2) that names every missing or invalid option */
export async function setupAnswers(
  given: SetupOptions,
  { ask, version, user }: { readonly ask: Ask | undefined; readonly version: string; readonly user: string },
): Promise<SetupAnswers> {
  const values: Record<string, string> = {}
  for (const [name, question] of Object.entries(QUESTIONS)) {
    const value = given[name as keyof typeof QUESTIONS] ?? (await ask?.(question))
    if (value !== undefined && value.trim() !== '') values[name] = value.trim()
  }
  const tls = given.tls ?? 'acme'
  const faults = [
    ...Object.keys(QUESTIONS).flatMap((name) => (values[name] === undefined ? [`--${name} is missing`] : [])),
    ...hostFaults(values['host']),
    ...(values['client-id'] !== undefined && !/^\d+$/.test(values['client-id'])
      ? ['--client-id must be a number']
      : []),
    ...(isTlsMode(tls) ? [] : [`--tls must be one of ${TLS_MODES.join(', ')}`]),
    ...(tls === 'files' && given.certificates === undefined
      ? ['--certificates must name the folder with certificate.pem and key.pem']
      : []),
  ]
  if (faults.length > 0 || !isTlsMode(tls)) throw new CommandError(`Setup: ${faults.join('; ')}.`, 2)
  return {
    host: values['host'] ?? '',
    clientId: values['client-id'] ?? '',
    clientSecret: values['client-secret'] ?? '',
    tls,
    email: given.email,
    certificates: given.certificates,
    proxyAddresses: given['proxy-addresses'],
    version,
    user,
  }
}

const isTlsMode = (text: string): text is TlsMode => TLS_MODES.some((mode) => mode === text)

function hostFaults(host: string | undefined): string[] {
  if (host === undefined) return []
  const text = `https://${host}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isHost = url !== undefined && url.host === host.toLowerCase()
  return isHost ? [] : ['--host must be a host name, without a scheme or path']
}

/** Prompts at the terminal; undefined without one. */
export function terminalAsk(): { readonly ask: Ask | undefined; readonly close: () => void } {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return { ask: undefined, close: () => {} }
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  return { ask: (question) => terminal.question(question), close: () => terminal.close() }
}
