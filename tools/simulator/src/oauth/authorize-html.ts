import type { AthleteRecord } from '../athletes/records.ts'
import type { Parameters } from '../http/parameters.ts'
import type { Scope } from './schemas.ts'

const CARRIED = ['client_id', 'redirect_uri', 'response_type', 'scope', 'state', 'approval_prompt'] as const

const SCOPE_TEXTS: Record<Scope, string> = {
  read: 'View public profile',
  read_all: 'View private routes, segments and events',
  'profile:read_all': 'View the complete profile',
  'profile:write': 'Change the profile',
  'activity:read': 'View data about your activities',
  'activity:read_all': 'View data about your private activities',
  'activity:write': 'Record and change activities',
}

const STYLE =
  ':root{color-scheme:light dark;--paper:#f3f3f5;--card:#fff;--ink:#242428;--soft:#5c5c66;--line:#d9d9e0;--strong:#b23c00;' +
  '--on:#fff}@media(prefers-color-scheme:dark){:root{--paper:#131316;--card:#1d1d21;--ink:#ececf1;--soft:#a6a6b0;' +
  '--line:#3a3a42;--strong:#ff9a66;--on:#2a0f00}}*{box-sizing:border-box}body{font:16px/1.5 system-ui,sans-serif;' +
  'margin:0;padding:clamp(1rem,6vh,4rem) 1rem;background:var(--paper);color:var(--ink)}main{max-width:34rem;margin:auto;' +
  'padding:clamp(1.1rem,4vw,2rem);border:1px solid var(--line);border-radius:16px;background:var(--card)}' +
  'h1{font-size:1.5rem;line-height:1.2;margin:0}.soft,label small{color:var(--soft)}p{margin:.4rem 0 1.4rem}' +
  'fieldset{border:0;padding:0;margin:0 0 1.4rem}legend{padding:0;margin-bottom:.5rem;font-weight:650}' +
  'label{display:flex;gap:.75rem;align-items:center;min-height:44px;padding:.45rem .8rem;margin-top:.35rem;' +
  'border:1px solid var(--line);border-radius:10px;cursor:pointer}label:has(:checked){border-color:var(--strong)}' +
  'label small{margin-left:auto;text-align:right}input{accent-color:var(--strong);width:1.1rem;height:1.1rem;flex:none}' +
  'button{font:inherit;font-weight:650;min-height:48px;padding:.6rem 1.5rem;margin-right:.5rem;border-radius:10px;' +
  'cursor:pointer;border:1px solid var(--strong);background:none;color:var(--strong)}' +
  'button.main{background:var(--strong);color:var(--on)}'

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

function choice(input: string, label: string, note: string): string {
  return `<label>${input}<span>${label}</span> <small>${note}</small></label>`
}

function athleteChoice(athlete: AthleteRecord, isFirst: boolean): string {
  const input = `<input type="radio" name="athlete" value="${athlete.id}"${isFirst ? ' checked' : ''}>`
  const count = athlete.activities.length
  const note = `${count.toLocaleString('en')} ${count === 1 ? 'activity' : 'activities'}`
  return choice(input, escapeHtml(`${athlete.firstname} ${athlete.lastname}`), note)
}

function scopeChoice(scope: Scope): string {
  const input = `<input type="checkbox" name="scope_granted" value="${scope}" checked>`
  return choice(input, SCOPE_TEXTS[scope], `<code>${scope}</code>`)
}

/** The authorization page: choice of the athlete and of the scopes. */
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
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Strava simulator: authorize</title><style>${STYLE}</style></head>
<body>
<main>
<h1>An application asks for access</h1>
<p class="soft">This is a simulator of Strava. No real account is involved.</p>
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
</main>
</body>
</html>
`
}
