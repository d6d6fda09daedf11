import { escapeHtml, PAGE_POLICY, renderDocument } from '@ikigai/chassis'
import { SCOPE_TEXTS } from '@ikigai/contracts'
import type { FastifyReply } from 'fastify'
import type { AuthorizationRequest } from './authorization-request.ts'
import { formActionSource } from './redirect-uris.ts'

/** Contents of the page. */
export interface ConsentPage {
  readonly request: AuthorizationRequest
  /** Name of the athlete who is signed in. */
  readonly athleteName: string
  /** The form's hidden field. */
  readonly token: string
}

/** Sends the page on which the athlete allows or refuses an app. Its form may redirect to the app's address and nowhere else. */
export function sendConsentPage(
  reply: FastifyReply,
  { request, athleteName, token }: ConsentPage,
): FastifyReply {
  const { app, scopes, redirectUri } = request
  const title = `Let ${app.name} use your ikigai account?`
  const items = scopes.map((scope) => `<li>${escapeHtml(SCOPE_TEXTS[scope])}</li>`)
  return reply
    .headers({
      'cache-control': 'no-store',
      'content-security-policy': PAGE_POLICY.replace(
        "form-action 'none'",
        `form-action 'self' ${formActionSource(redirectUri)}`,
      ),
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    })
    .type('text/html; charset=utf-8')
    .serializer(String)
    .send(
      renderDocument(
        title,
        `<section class="message">
<h1>${escapeHtml(title)}</h1>
<p class="lead">You are signed in as ${escapeHtml(athleteName)}. ${escapeHtml(app.name)} asks to:</p>
<ul>${items.join('')}</ul>
<p>You will then be sent to <strong>${escapeHtml(destinationOf(redirectUri))}</strong>. You can end this at any time under “Connected apps” on your page.</p>
<form method="post" action="/auth/consent">
<input type="hidden" name="consent" value="${escapeHtml(token)}">
<div class="buttons">
<button class="button primary" name="decision" value="allow">Allow</button>
<button class="button" name="decision" value="deny">Cancel</button>
</div>
</form>
</section>`,
      ),
    )
}

/** The destination of the redirect as shown to people: a host name, an app's scheme, or this computer. */
function destinationOf(redirectUri: string): string {
  const { protocol, host, hostname } = new URL(redirectUri)
  if (['127.0.0.1', '[::1]'].includes(hostname)) return 'a program on this computer'
  return host === '' ? `the app ${protocol.replace(':', '')}` : host
}
