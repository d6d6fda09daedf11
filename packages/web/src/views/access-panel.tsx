import { API_SCOPES, type ApiScope, isApiScope, SCOPE_TEXTS } from '@ikigai/contracts'
import { useCallback, useEffect, useId, useState } from 'preact/hooks'
import { type Access, access, createToken, disconnectApp, endToken } from '../api/access.ts'
import { asProblem } from '../api/problem.ts'

interface AccessPanelProps {
  readonly onSessionEnd: () => void
}

/** Which apps and scripts may act for the athlete, and how to end that. */
export function AccessPanel({ onSessionEnd }: AccessPanelProps) {
  const [found, setFound] = useState<Access>()
  const [made, setMade] = useState('')
  const [trouble, setTrouble] = useState('')

  const attempt = useCallback(
    async (step: () => Promise<unknown>) => {
      try {
        await step()
        setFound(await access())
        setTrouble('')
      } catch (error) {
        const problem = asProblem(error)
        if (problem.status === 401) onSessionEnd()
        else setTrouble(problem.message)
      }
    },
    [onSessionEnd],
  )
  useEffect(() => void attempt(async () => {}), [attempt])

  if (found === undefined && trouble !== '') return <p role="alert">{trouble}</p>
  return (
    <section class="account access" aria-labelledby="access-title">
      <h2 id="access-title">Connected apps</h2>
      <p role="alert">{trouble}</p>
      {found === undefined && <p class="bone line" />}
      {found?.apps.length === 0 && <p>No app is connected.</p>}
      {found !== undefined && found.apps.length > 0 && (
        <ul>
          {found.apps.map(({ id, name, scopes, last_used_at }) => (
            <Entry
              key={id}
              name={name}
              does={`Last used ${day(last_used_at)}. ${texts(scopes)}`}
              action="Disconnect"
              onEnd={() => attempt(() => disconnectApp(id))}
            />
          ))}
        </ul>
      )}
      <h2>Personal access tokens</h2>
      <p>For your own scripts. Anyone who has a token can use it, so treat it like a password.</p>
      {made !== '' && <NewToken token={made} />}
      {found === undefined && <p class="bone line" />}
      {found?.tokens.length === 0 && <p>No token.</p>}
      {found !== undefined && found.tokens.length > 0 && (
        <ul>
          {found.tokens.map(({ id, name, scopes, expires_at }) => (
            <Entry
              key={id}
              name={name}
              does={`Ends ${day(expires_at)}. ${texts(scopes)}`}
              action="End"
              onEnd={() => attempt(() => endToken(id))}
            />
          ))}
        </ul>
      )}
      <TokenForm onMake={(token) => attempt(async () => setMade((await createToken(token)).token))} />
    </section>
  )
}

interface EntryProps {
  readonly name: string
  readonly does: string
  readonly action: string
  readonly onEnd: () => void
}

function Entry({ name, does, action, onEnd }: EntryProps) {
  return (
    <li>
      <p>
        <strong>{name}</strong> <span>{does}</span>
      </p>
      <button type="button" class="quiet" aria-label={`${action} ${name}`} onClick={onEnd}>
        {action}
      </button>
    </li>
  )
}

function NewToken({ token }: { readonly token: string }) {
  const id = useId()
  return (
    <p role="status">
      <label for={id}>Your new token</label>
      <input id={id} readOnly value={token} onFocus={(event) => event.currentTarget.select()} />
      Copy it now. It is not shown again.
    </p>
  )
}

interface TokenFormProps {
  readonly onMake: (token: Parameters<typeof createToken>[0]) => void
}

/** Form for a new token; the least scope is preselected. */
function TokenForm({ onMake }: TokenFormProps) {
  const [trouble, setTrouble] = useState('')
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        const form = new FormData(event.currentTarget)
        const scopes = form.getAll('scope').map(String).filter(isApiScope)
        if (scopes.length === 0) return setTrouble('Choose what the token allows.')
        setTrouble('')
        onMake({ name: String(form.get('name')), scopes, expires_in_days: Number(form.get('days')) })
        event.currentTarget.reset()
      }}
    >
      <label>
        Name
        <input name="name" required maxLength={80} placeholder="Backup script" />
      </label>
      <label>
        Ends after
        <select name="days">
          <option value="7">7 days</option>
          <option value="30" selected>
            30 days
          </option>
          <option value="90">90 days</option>
          <option value="366">a year</option>
        </select>
      </label>
      <fieldset>
        <legend>The token can</legend>
        {API_SCOPES.map((scope) => (
          <label key={scope}>
            <input type="checkbox" name="scope" value={scope} defaultChecked={scope === 'activities:read'} />{' '}
            {tokenText(scope)}
          </label>
        ))}
      </fieldset>
      <p role="alert">{trouble}</p>
      <div class="buttons">
        <button type="submit" class="quiet">
          Make a token
        </button>
      </div>
    </form>
  )
}

const tokenText = (scope: ApiScope) => SCOPE_TEXTS[scope]
const texts = (scopes: readonly ApiScope[]) => scopes.map((scope) => `${SCOPE_TEXTS[scope]}.`).join(' ')
const day = (instant: string) => new Date(instant).toLocaleDateString(undefined, { dateStyle: 'long' })
