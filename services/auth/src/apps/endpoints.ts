import { type Endpoint, endpoint, INTERNAL_API } from '@ikigai/bus'
import type { Clock } from '@ikigai/chassis'
import { appConnections, apps, type Db } from '@ikigai/db'
import { eq } from 'drizzle-orm'
import { addApp, appById, listApps, rotateSecret, unknownApp } from './app-store.ts'
import { connectionsOf, endConnections } from './connections.ts'
import { createPersonalToken, endPersonalToken } from './personal-tokens.ts'

/** Dependencies of the apps' endpoints. */
export interface AppEndpointsDeps {
  readonly db: Db
  readonly clock: Clock
  /** Notifies the gateways that a revocation was recorded. */
  readonly notifyGateways: () => void
}

/** Requests of the gateways and of the command line about apps and personal access tokens. */
export function appEndpoints({ db, clock, notifyGateways }: AppEndpointsDeps): Endpoint[] {
  const now = () => new Date(clock.now())
  return [
    endpoint('app-add', INTERNAL_API.appAdd, (app) => addApp(db, app, now())),
    endpoint('app-list', INTERNAL_API.appList, async () => ({ apps: await listApps(db) })),
    endpoint('app-rotate', INTERNAL_API.appRotate, ({ app_id }) => rotateSecret(db, app_id)),
    endpoint('app-remove', INTERNAL_API.appRemove, async ({ app_id: id }) => {
      const app = await appById(db, id)
      if (app === undefined || app.builtIn) throw unknownApp()
      await db.transaction(async (tx) => {
        await endConnections(tx, eq(appConnections.appId, id), now())
        await tx.delete(apps).where(eq(apps.id, id))
      })
      notifyGateways()
      return {}
    }),
    endpoint('app-disconnect', INTERNAL_API.appDisconnect, async ({ athlete_id, app_id }) => {
      const which = connectionsOf(athlete_id, app_id)
      await db.transaction((tx) => endConnections(tx, which, now()))
      notifyGateways()
      return {}
    }),
    endpoint('token-create', INTERNAL_API.tokenCreate, ({ athlete_id, ...token }) =>
      createPersonalToken(db, athlete_id, token, now()),
    ),
    endpoint('token-end', INTERNAL_API.tokenEnd, async ({ athlete_id, token_id }) => {
      await endPersonalToken(db, athlete_id, token_id, now())
      notifyGateways()
      return {}
    }),
  ]
}
