import { randomBytes, timingSafeEqual } from 'node:crypto'
import { type RegisteredApp, RequestError } from '@ikigai/bus'
import { type ApiScope, isApiScope } from '@ikigai/contracts'
import { apps, type Db } from '@ikigai/db'
import { newSecret, secretHash, TOKEN_PREFIX } from '@ikigai/sessions'
import { asc, eq } from 'drizzle-orm'
import { originFault, redirectUriFault } from './redirect-uris.ts'

/** A registered app. */
export type App = typeof apps.$inferSelect

/** An app as the operator registers it. */
export interface NewApp {
  readonly name: string
  readonly redirect_uris: readonly string[]
  readonly origins: readonly string[]
  readonly scopes: readonly ApiScope[]
  readonly confidential: boolean
}

/** The app of a client id. */
export async function appById(db: Pick<Db, 'select'>, id: string): Promise<App | undefined> {
  const [app] = await db.select().from(apps).where(eq(apps.id, id))
  return app
}

/** @throws RequestError `bad_request` with every fault */
export async function addApp(
  db: Db,
  app: NewApp,
  now: Date,
): Promise<RegisteredApp & { secret: string | null }> {
  refuseFaults(app)
  const secret = app.confidential ? newSecret(TOKEN_PREFIX.clientSecret) : null
  const [row] = await db
    .insert(apps)
    .values({
      id: `app_${randomBytes(12).toString('hex')}`,
      name: app.name,
      secretHash: secret === null ? null : secretHash(secret),
      redirectUris: [...app.redirect_uris],
      origins: [...app.origins],
      scopes: [...app.scopes],
      createdAt: now,
    })
    .returning()
  if (row === undefined) throw new Error('unreachable: an insert returns its row')
  return { ...describe(row), secret }
}

/** All apps except those that are part of the release, oldest first. */
export async function listApps(db: Db): Promise<RegisteredApp[]> {
  const rows = await db.select().from(apps).where(eq(apps.builtIn, false)).orderBy(asc(apps.createdAt))
  return rows.map(describe)
}

/** Replaces an app's secret. @throws RequestError */
export async function rotateSecret(db: Db, id: string): Promise<RegisteredApp & { secret: string }> {
  const app = await appById(db, id)
  if (app === undefined) throw unknownApp()
  if (app.secretHash === null)
    throw new RequestError({
      code: 'bad_request',
      message: 'This app has no secret: it was added without --confidential.',
    })
  const secret = newSecret(TOKEN_PREFIX.clientSecret)
  await db
    .update(apps)
    .set({ secretHash: secretHash(secret) })
    .where(eq(apps.id, id))
  return { ...describe(app), secret }
}

export const unknownApp = () =>
  new RequestError({ code: 'not_found', message: 'There is no app with this id.' })

/** Whether a secret is the app's. Compares in constant time. */
export function isSecretOf({ secretHash: stored }: App, secret: string): boolean {
  return (
    stored !== null && timingSafeEqual(Buffer.from(stored, 'hex'), Buffer.from(secretHash(secret), 'hex'))
  )
}

const describe = (app: App): RegisteredApp => ({
  id: app.id,
  name: app.name,
  redirect_uris: app.redirectUris,
  origins: app.origins,
  scopes: app.scopes.filter(isApiScope),
  confidential: app.secretHash !== null,
  created_at: app.createdAt.toISOString(),
})

function refuseFaults({ redirect_uris: uris, origins }: NewApp): void {
  const faults = [
    ...(uris.length === 0
      ? [{ pointer: '/redirect_uris', detail: 'an app has at least one redirect URI' }]
      : []),
    ...faultsIn('/redirect_uris', uris, redirectUriFault),
    ...faultsIn('/origins', origins, originFault),
  ]
  if (faults.length === 0) return
  const message = faults.map(({ detail }) => detail).join('; ')
  throw new RequestError({ code: 'bad_request', message, faults })
}

const faultsIn = (pointer: string, texts: readonly string[], faultOf: (text: string) => string | undefined) =>
  texts.flatMap((text, at) => {
    const fault = faultOf(text)
    return fault === undefined ? [] : [{ pointer: `${pointer}/${at}`, detail: `${text} ${fault}` }]
  })
