import type { AthleteRecord } from '../athletes/records.ts'
import type { Parameters } from '../http/parameters.ts'
import type { Scope } from './schemas.ts'

const CARRIED = ['client_id', 'redirect_uri', 'response_type', 'scope', 'state', 'approval_prompt'] as const

const SCOPE_TEXTS: Record<Scope, string> = {
  read: 'View public profile',
  read_all: 'View private routes, segments and events',
  'profile:read_all': 'View the complete profile',
  'profile:write': 'Change the profile',
  'activity:read': 'View activities',
  'activity:read_all': 'View private activities',
  'activity:write': 'Record and change activities',
}

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem;color:#242428}' +
  'h1{font-size:1.4rem}fieldset{border:1px solid #dfdfe8;border-radius:6px;margin:1rem 0}' +
  'label{display:block;padding:.2rem 0}button{font:inherit;padding:.6rem 1.4rem;border-radius:6px;cursor:pointer;' +
  'border:1px solid #c24100;background:#fff;color:#c24100}button.main{background:#c24100;color:#fff}'

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

function hidden(name: string, value: string): string {
  return `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`
}

function athleteChoice(athlete: AthleteRecord, isFirst: boolean): string {
  const name = escapeHtml(`${athlete.firstname} ${athlete.lastname}`)
  const about = `${name} (${athlete.id}, ${athlete.activities.length} activities)`
  return `<label><input type="radio" name="athlete" value="${athlete.id}"${isFirst ? ' checked' : ''}> ${about}</label>`
}

function scopeChoice(scope: Scope): string {
  const box = `<input type="checkbox" name="scope_granted" value="${scope}" checked>`
  return `<label>${box} ${SCOPE_TEXTS[scope]} <code>${scope}</code></label>`
}

/** The page on which one decides as which athlete, and with which scopes, to authorize the application. */
export function authorizeHtml(
  parameters: Parameters,
  scopes: readonly Scope[],
  athletes: readonly AthleteRecord[],
): string {
  const carried = CARRIED.filter((name) => parameters[name] !== undefined)
  const choices = athletes.map((athlete, index) => athleteChoice(athlete, index === 0))
  const nobody = '<p>There is no athlete yet. Make one: <code>POST /simulator/athletes</code>.</p>'
  const authorize = '<button class="main" name="decision" value="authorize">Authorize</button>'
  return `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Strava simulator: authorize</title><style>${STYLE}</style></head>
<body>
<h1>An application asks for access</h1>
<p>This is a simulator. No real account is involved.</p>
<form method="get" action="/oauth/authorize">
${carried.map((name) => hidden(name, parameters[name] ?? '')).join('\n')}
${hidden('scope_granted', '')}
<fieldset><legend>Sign in as</legend>
${choices.length === 0 ? nobody : choices.join('\n')}
</fieldset>
<fieldset><legend>The application will be able to</legend>
${scopes.map(scopeChoice).join('\n')}
</fieldset>
${choices.length === 0 ? '' : authorize}
<button name="decision" value="deny">Deny</button>
</form>
</body>
</html>
`
}
