import { API_SCOPES } from '@ikigai/contracts'
import { apps, type Db } from '@ikigai/db'

/** Client id of the API's documentation at `/docs`, where every operation can be tried. */
const DOCS_APP_ID = 'docs'

/** Registers the apps that are part of the release, or brings them up to date. */
export async function registerBuiltInApps(db: Db, publicUrl: string, now: Date): Promise<void> {
  const docs = {
    name: 'ikigai API documentation',
    redirectUris: [`${publicUrl}/docs/static/oauth2-redirect.html`],
    origins: [],
    scopes: [...API_SCOPES],
    builtIn: true,
  }
  await db
    .insert(apps)
    .values({ id: DOCS_APP_ID, createdAt: now, ...docs })
    .onConflictDoUpdate({ target: apps.id, set: docs })
}
