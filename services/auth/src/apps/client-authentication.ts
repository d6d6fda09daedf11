import type { Db } from '@ikigai/db'
import { type App, appById, isSecretOf } from './app-store.ts'
import type { Form } from './forms.ts'
import { OAuthError } from './oauth-error.ts'

/**
 * Authenticates the app at the token or revocation endpoint: a confidential client by its secret, in HTTP Basic or in the
 * form; a public client by its id alone.
 *
 * @throws OAuthError `invalid_client`
 */
export async function authenticateApp(db: Db, authorization: string | undefined, form: Form): Promise<App> {
  const basic = authorization === undefined ? undefined : basicOf(authorization)
  const id = basic?.id ?? form.get('client_id')
  const secret = basic?.secret ?? form.get('client_secret')
  if (
    basic !== undefined &&
    (form.get('client_secret') !== undefined || (form.get('client_id') ?? id) !== id)
  )
    throw new OAuthError(
      'invalid_request',
      'Send the client id and secret by HTTP Basic or in the form, not both.',
    )
  const app = id === undefined || id.length > 64 ? undefined : await appById(db, id)
  if (app === undefined) throw refused()
  if (app.secretHash === null ? secret !== undefined : secret === undefined || !isSecretOf(app, secret))
    throw refused()
  return app
}

/** @throws OAuthError `invalid_client` for another scheme */
function basicOf(authorization: string): { readonly id: string; readonly secret: string } {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(authorization) ?? []
  const text = Buffer.from(encoded ?? '', 'base64').toString('utf8')
  const at = text.indexOf(':')
  if (at < 1) throw refused()
  try {
    return { id: decode(text.slice(0, at)), secret: decode(text.slice(at + 1)) }
  } catch {
    throw refused()
  }
}

/** Id and secret are form-encoded before they are joined (RFC 6749, 2.3.1). @throws URIError */
const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '))

const refused = () => new OAuthError('invalid_client', 'Unknown client id, or wrong secret.')
