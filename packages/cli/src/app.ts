import { request as ask, INTERNAL_API, type RegisteredApp, RequestError } from '@ikigai/bus'
import { API_SCOPES, isApiScope } from '@ikigai/contracts'
import { type Command, CommandError, table, withBus } from './command.ts'

const OPTIONS = {
  name: { type: 'string' },
  'redirect-uri': { type: 'string' },
  origin: { type: 'string' },
  scope: { type: 'string' },
  type: { type: 'string' },
} as const

/** `app add` */
export const appAdd: Command = {
  usage: 'app add',
  does: 'registers an app: --name, --redirect-uri, --origin, --scope, --type public|confidential',
  options: OPTIONS,
  run: (_, env, options) => {
    const request = {
      name: required(options['name'], '--name'),
      redirect_uris: listOf(required(options['redirect-uri'], '--redirect-uri')),
      origins: listOf(options['origin'] ?? ''),
      scopes: scopesOf(options['scope'] ?? 'activities:read'),
      confidential: isConfidential(options['type'] ?? 'public'),
    }
    return withBus(env, async (bus) => {
      const app = await orCommandError(ask(bus, INTERNAL_API.appAdd, request))
      return { value: app, text: described(app, app.secret) }
    })
  },
}

/** `app list` */
export const appList: Command = {
  usage: 'app list',
  does: 'lists the registered apps',
  run: (_, env) =>
    withBus(env, async (bus) => {
      const { apps } = await orCommandError(ask(bus, INTERNAL_API.appList, {}))
      const text =
        apps.length === 0 ? 'No app is registered.' : apps.map((app) => described(app)).join('\n\n')
      return { value: apps, text }
    }),
}

/** `app rotate` */
export const appRotate: Command = {
  usage: 'app rotate <id>',
  does: "replaces an app's secret at once; its athletes' connections stay",
  run: ([id], env) =>
    withBus(env, async (bus) => {
      const app = await orCommandError(ask(bus, INTERNAL_API.appRotate, { app_id: idOf(id) }))
      return { value: app, text: described(app, app.secret) }
    }),
}

/** `app remove` */
export const appRemove: Command = {
  usage: 'app remove <id>',
  does: 'removes an app and ends every connection to it',
  run: ([id], env) =>
    withBus(env, async (bus) => {
      await orCommandError(ask(bus, INTERNAL_API.appRemove, { app_id: idOf(id) }))
      return { value: { id, removed: true }, text: `Removed: ${id}. Its tokens are refused from now on.` }
    }),
}

function described(app: RegisteredApp, secret: string | null = null): string {
  const rows = [
    ['client id', app.id],
    ...(secret === null ? [] : [['client secret', `${secret}  (not shown again)`]]),
    ['name', app.name],
    ['type', app.confidential ? 'confidential' : 'public'],
    ...app.redirect_uris.map((uri) => ['redirect URI', uri]),
    ...app.origins.map((origin) => ['origin', origin]),
    ['scopes', app.scopes.join(' ')],
    ['added', app.created_at],
  ]
  return table(rows)
}

/** Splits a list at commas or spaces. */
const listOf = (text: string) => text.split(/[\s,]+/).filter((part) => part !== '')

function scopesOf(text: string) {
  const asked = [...new Set(listOf(text))]
  const scopes = asked.filter(isApiScope)
  if (scopes.length === 0 || scopes.length < asked.length)
    throw new CommandError(`--scope is one or more of ${API_SCOPES.join(', ')}.`, 2)
  return scopes
}

function isConfidential(type: string): boolean {
  if (type !== 'public' && type !== 'confidential')
    throw new CommandError('--type is public (a browser, a phone, a desktop) or confidential (a server).', 2)
  return type === 'confidential'
}

function required(value: string | undefined, name: string): string {
  if (value === undefined || value.trim() === '') throw new CommandError(`app add requires ${name}.`, 2)
  return value
}

function idOf(text: string | undefined): string {
  if (text !== undefined && /^[\w-]{1,64}$/.test(text)) return text
  throw new CommandError('Give the client id of an app, such as app_0123abcd.', 2)
}

async function orCommandError<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch (error) {
    throw error instanceof RequestError ? new CommandError(error.message) : error
  }
}
