import { randomBytes } from 'node:crypto'
import type { ValidatorSpec } from 'envalid'
import t from 'tap'
import {
  ConfigurationError,
  commaList,
  duration,
  host,
  integer,
  keyRing,
  limits,
  loadConfig,
  logLevel,
  natsCredentials,
  natsServers,
  networks,
  origin,
  pathSecret,
  port,
  postgresUrl,
  secret,
  url,
} from '../../src/config/index.ts'

const REFUSED = Symbol('refused')

function read(value: string, validator: ValidatorSpec<unknown>): unknown {
  try {
    return loadConfig({ X: value }, { X: validator }).x
  } catch (error) {
    if (error instanceof ConfigurationError) return REFUSED
    throw error
  }
}

const key = randomBytes(32)
const base64 = key.toString('base64')

const cases: Readonly<
  Record<string, { validator: ValidatorSpec<unknown>; taken: [string, unknown][]; refused: string[] }>
> = {
  host: {
    validator: host(),
    taken: [
      ['127.0.0.2', '127.0.0.2'],
      ['::1', '::1'],
      ['[::1]', '::1'],
      ['0.0.0.0', '0.0.0.0'],
      ['::', '::'],
      ['fe80::1', 'fe80::1'],
      ['localhost', 'localhost'],
      ['web_1.internal', 'web_1.internal'],
    ],
    refused: [
      '127.0.0.1:8080',
      '[::1]:8080',
      '[127.0.0.1]',
      'http://localhost',
      'fe80::1%eth0',
      '[fe80::1%eth0]',
      '999.1.1.1',
      '*',
      'a b',
      '-a',
      'a/b',
    ],
  },
  networks: {
    validator: networks(),
    taken: [
      ['10.0.0.0/8', '10.0.0.0/8'],
      ['127.0.0.1, ::1', '127.0.0.1,::1'],
      ['loopback,fd00::/8', 'loopback,fd00::/8'],
      ['fc00::/7', 'fc00::/7'],
    ],
    refused: [
      'all',
      '0.0.0.0/0',
      '0.0.0.0',
      '::/0',
      '127.0.0.1,0.0.0.0/1,128.0.0.0/1',
      '8000::/1',
      'true',
      '*',
      '10.0.0.0/33',
      '::/129',
      '10.0.0',
      'proxy.example',
      '10.0.0.0/8/8',
      ',',
      '10.0.0.0/',
    ],
  },
  url: {
    validator: url(),
    taken: [
      ['https://www.strava.com/api/v3', 'https://www.strava.com/api/v3'],
      ['http://127.0.0.1:8090/api/v3/', 'http://127.0.0.1:8090/api/v3'],
    ],
    refused: [
      'www.strava.com',
      'ftp://a.example',
      'https://a.example/?a=1',
      'https://a.example/#a',
      'https://u:p@a.example',
    ],
  },
  origin: {
    validator: origin(),
    taken: [
      ['https://ikigai.example', 'https://ikigai.example'],
      ['http://localhost:8080/', 'http://localhost:8080'],
      ['https://ikigai.example:443', 'https://ikigai.example'],
    ],
    refused: [
      'https://ikigai.example/app',
      'https://ikigai.example?x',
      'ws://ikigai.example',
      'ikigai.example',
      'https://u@a.example',
    ],
  },
  port: {
    validator: port(),
    taken: [
      ['0', 0],
      ['65535', 65_535],
    ],
    refused: ['-1', '65536', '80.5', '0x50', '1e3', 'http'],
  },
  integer: {
    validator: integer({ min: -1, max: 3 })(),
    taken: [
      ['-1', -1],
      ['3', 3],
    ],
    refused: ['-2', '4', '', '1 2', 'NaN', 'Infinity'],
  },
  duration: {
    validator: duration(),
    taken: [
      ['7d', 604_800_000],
      ['15m', 900_000],
      ['30s', 30_000],
      ['500ms', 500],
      ['2h', 7_200_000],
    ],
    refused: ['7', 'd', '0s', '-1d', '1.5h', '7 d', '1w', '7D', '1d2h'],
  },
  limits: {
    validator: limits(),
    taken: [
      ['100,1000', { quarterHour: 100, day: 1_000 }],
      ['20, 20', { quarterHour: 20, day: 20 }],
    ],
    refused: ['100', '100,1000,1', '0,10', '1000,100', 'a,b', '1.5,10', '-1,10'],
  },
  postgresUrl: {
    validator: postgresUrl(),
    taken: [
      'postgresql://a@b/c',
      'postgres://a:9e1f@[::1]:5432/c',
      'postgres://a:p%2F%3F%23%25%40@b/c?sslmode=require',
      'postgres://a:p@ss:word@b/c',
      'postgres://a:b@c:1,d:2,[::2]/e?target_session_attrs=primary',
      'postgres://a@b/c?pooler=transaction&prepare=false',
    ].map((url) => [url, url]),
    refused: [
      'mysql://a@b/c',
      'localhost:5432',
      'postgres://a:p/q@b/c',
      'postgres://a:p?q@b/c',
      'postgres://a:p#q@b/c',
      'postgres://a:100%@b/c',
      'postgres://a:p@b:99999/c',
      'postgres://a:p@::1/c',
      'postgres://a:p@[::1/c',
      'postgres://a@b/c?pooler=session',
      'postgres://a@b/c?sslmode=maybe',
    ],
  },
  natsServers: {
    validator: natsServers(),
    taken: [
      ['nats://a:4222, tls://u:p@b:4223', ['nats://a:4222', 'tls://u:p@b:4223']],
      ['127.0.0.1:4222', ['127.0.0.1:4222']],
      ['[::1]:4222,nats://[::2]', ['[::1]:4222', 'nats://[::2]']],
      ['nats://u:9e1f%2C%2F@b', ['nats://u:9e1f%2C%2F@b']],
    ],
    refused: [
      'http://a:80',
      ',',
      'nats://',
      'a:b:c',
      'nats://u:12,34@host',
      'nats://u:p/q@host',
      'nats://u:p#q@host',
      'nats://u:100%@host',
      '::1',
      '[::1',
    ],
  },
  natsCredentials: {
    validator: natsCredentials(),
    taken: [['-----BEGIN NATS USER JWT-----\nx', '-----BEGIN NATS USER JWT-----\nx']],
    refused: ['/etc/nats/gateway.creds'],
  },
  keyRing: {
    validator: keyRing(),
    taken: [
      [`k1:${base64}`, [{ id: 'k1', key }]],
      [`k1:${key.toString('base64url')}`, [{ id: 'k1', key }]],
    ],
    refused: [
      base64,
      `k1:${base64},k1:${base64}`,
      'k1:AAAA',
      `k1:${base64}x`,
      `k1:${base64.slice(1)}`,
      `k.1:${base64}`,
      `:${base64}`,
      `k1:${base64},`,
    ],
  },
  pathSecret: {
    validator: pathSecret(),
    taken: [['abcdefgh_JKLM-01', 'abcdefgh_JKLM-01']],
    refused: ['short', 'with/slash/in/the/middle', 'with space in the middle', 'ünïcödeünïcödeünïcöde'],
  },
  secret: { validator: secret(), taken: [[' x ', 'x']], refused: ['', '   '] },
  logLevel: {
    validator: logLevel(),
    taken: [
      ['debug', 'debug'],
      ['silent', 'silent'],
    ],
    refused: ['verbose', 'INFO', '30'],
  },
  commaList: { validator: commaList(), taken: [['a, b,,c', ['a', 'b', 'c']]], refused: [] },
}

for (const [name, { validator, taken, refused }] of Object.entries(cases)) {
  t.test(name, async (t) => {
    for (const [value, expected] of taken) t.same(read(value, validator), expected, `takes ${value}`)
    for (const value of refused) t.equal(read(value, validator), REFUSED, `refuses ${JSON.stringify(value)}`)
  })
}
