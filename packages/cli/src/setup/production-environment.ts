import { randomBytes } from 'node:crypto'

/** TLS certificates: by ACME, the operator's files, Caddy's own authority, or TLS at a proxy in front. */
export const TLS_MODES = ['acme', 'files', 'internal', 'proxy'] as const

/** One of {@link TLS_MODES}. */
export type TlsMode = (typeof TLS_MODES)[number]

/** Decisions of the operator about an installation. */
export interface SetupAnswers {
  /** The public host name, such as `ikigai.example.org`; with a port when it is not 443. */
  readonly host: string
  readonly clientId: string
  readonly clientSecret: string
  readonly tls: TlsMode
  /** Address for messages of the certificate authority. */
  readonly email: string | undefined
  /** Folder with `certificate.pem` and `key.pem`, for `files`. */
  readonly certificates: string | undefined
  /** Addresses or networks of the proxy in front, comma separated, for `proxy`. */
  readonly proxyAddresses: string | undefined
  /** Tag of the image. */
  readonly version: string
  /** `uid:gid` of the operator, whose files the command line in the image reads and writes. */
  readonly user: string
}

/** Variables of `.env`, in the order of the file. */
export type EnvironmentValues = Readonly<Record<string, string>>

/** The containers' own network: Caddy's requests come from it. */
const INSIDE_SUBNET = '10.213.77.0/24'

/** Networks of a proxy on the same host or in the local network. */
const PRIVATE_NETWORKS = '10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,127.0.0.0/8,fc00::/7,::1/128'

/** Optional settings, written empty because Compose warns of missing variables. */
const OPTIONAL = {
  ACME_EMAIL: '',
  CORS_ORIGINS: '',
  OTEL_EXPORTER_OTLP_ENDPOINT: '',
  OTEL_EXPORTER_OTLP_HEADERS: '',
  OTEL_TRACES_SAMPLER: '',
  OTEL_TRACES_SAMPLER_ARG: '',
}

/**
 * The values of `.env` for `deploy/compose.production.yml`. Secrets in `existing` are kept, so that sessions
 * and grants survive a second run, and so are variables that setup does not know.
 */
export function productionEnvironment(
  answers: SetupAnswers,
  existing: EnvironmentValues,
  random: (size: number) => Buffer = randomBytes,
): EnvironmentValues {
  const decided = { ...application(answers), ...https(answers) }
  const made = Object.fromEntries(
    Object.entries(secrets(random)).map(([name, make]) => [name, existing[name] || make()]),
  )
  return { ...OPTIONAL, ...existing, ...decided, ...made }
}

function application({ host, clientId, clientSecret, version, user }: SetupAnswers): EnvironmentValues {
  const origin = `https://${host}`
  return {
    IKIGAI_VERSION: version,
    IKIGAI_USER: user,
    PUBLIC_HOST: new URL(origin).hostname,
    PUBLIC_URL: origin,
    WEBHOOK_URL: origin,
    STRAVA_CLIENT_ID: clientId,
    STRAVA_CLIENT_SECRET: clientSecret,
  }
}

function https({ host, tls, email, certificates, proxyAddresses }: SetupAnswers): EnvironmentValues {
  const { hostname } = new URL(`https://${host}`)
  const shared = {
    CADDY_TLS: tls === 'acme' && email !== undefined ? 'acme-email' : tls,
    INSIDE_SUBNET,
  }
  if (tls === 'proxy') {
    const trusted = proxyAddresses ?? PRIVATE_NETWORKS
    return {
      ...shared,
      CADDY_SITE: ':80',
      HTTP_BIND: '127.0.0.1',
      HTTP_PORT: '8080',
      HTTPS_BIND: '127.0.0.1',
      HTTPS_PORT: '8443',
      PROXY_ADDRESSES: trusted.replaceAll(',', ' '),
      TRUST_PROXY: [INSIDE_SUBNET, ...trusted.split(',')].join(','),
    }
  }
  return {
    ...shared,
    CADDY_SITE: `https://${hostname}`,
    TRUST_PROXY: INSIDE_SUBNET,
    ...(email === undefined ? {} : { ACME_EMAIL: email }),
    ...(certificates === undefined ? {} : { CERTIFICATES_DIR: certificates }),
  }
}

/** Generators of the secrets. Passwords are letters, digits, `-` and `_`, so that they need no quoting anywhere. */
function secrets(random: (size: number) => Buffer): Readonly<Record<string, () => string>> {
  const password = () => random(24).toString('base64url')
  const keyRing = () => `k1:${random(32).toString('base64')}`
  const users = ['GATEWAY', 'AUTH', 'INGEST', 'FETCHER', 'OPERATOR']
  return {
    POSTGRES_PASSWORD: password,
    ...Object.fromEntries(users.map((user) => [`${user}_DATABASE_PASSWORD`, password])),
    ...Object.fromEntries(users.map((user) => [`${user}_NATS_PASSWORD`, password])),
    SESSION_KEYS: keyRing,
    TOKEN_ENCRYPTION_KEYS: keyRing,
    STRAVA_WEBHOOK_SECRET: password,
    STRAVA_WEBHOOK_VERIFY_TOKEN: password,
  }
}
