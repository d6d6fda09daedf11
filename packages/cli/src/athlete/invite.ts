import { randomBytes } from 'node:crypto'
import { type Environment, loadConfig, publicUrlSettings } from '@ikigai/chassis/config'
import { invitations } from '@ikigai/db'
import { newSecret, secretHash, TOKEN_PREFIX } from '@ikigai/sessions'
import { asc, eq, lt } from 'drizzle-orm'
import { type Command, CommandError, table, withDatabase } from '../command.ts'
import { modeNote } from './mode-note.ts'

const DAY_MS = 86_400_000
const DEFAULT_DAYS = 14
const MAX_DAYS = 365
const MAX_USES = 10_000
const MAX_NOTE_LENGTH = 200

/** `athlete invite` */
export const athleteInvite: Command = {
  usage: 'athlete invite',
  does: 'creates an invitation link: --uses <number> (1), --days <number> until it expires (14), --note <text>',
  options: { uses: { type: 'string' }, days: { type: 'string' }, note: { type: 'string' } },
  run: (_, env, options) => {
    const uses = numberOf(options['uses'], { name: '--uses', max: MAX_USES, otherwise: 1 })
    const days = numberOf(options['days'], { name: '--days', max: MAX_DAYS, otherwise: DEFAULT_DAYS })
    const note = options['note']?.slice(0, MAX_NOTE_LENGTH) ?? null
    const token = newSecret(TOKEN_PREFIX.invitation)
    const link = linkOf(env, token)
    return withDatabase(env, async (db) => {
      const now = new Date()
      const id = `inv_${randomBytes(6).toString('hex')}`
      const expiresAt = new Date(now.getTime() + days * DAY_MS)
      await db
        .delete(invitations)
        .where(lt(invitations.expiresAt, new Date(now.getTime() - MAX_DAYS * DAY_MS)))
      await db
        .insert(invitations)
        .values({ id, tokenHash: secretHash(token), note, maxUses: uses, createdAt: now, expiresAt })
      const accounts = uses === 1 ? 'one account' : `${uses} accounts`
      return {
        value: { id, link, uses, expires_at: expiresAt.toISOString() },
        text: `${link}\n\nFor ${accounts}, until ${expiresAt.toISOString()}. It is not shown again. Its id is ${id}.${modeNote(env, 'open', 'allow-list')}`,
      }
    })
  },
}

/** `invitation list` */
export const invitationList: Command = {
  usage: 'invitation list',
  does: 'lists the invitations, and how often each was used',
  run: (_, env) =>
    withDatabase(env, async (db) => {
      const rows = await db
        .select({
          id: invitations.id,
          note: invitations.note,
          uses: invitations.uses,
          max_uses: invitations.maxUses,
          expires_at: invitations.expiresAt,
        })
        .from(invitations)
        .orderBy(asc(invitations.createdAt))
      const lines = rows.map((row) => [
        row.id,
        `used ${row.uses} of ${row.max_uses}`,
        `${row.expires_at.getTime() < Date.now() ? 'ended' : 'until'} ${row.expires_at.toISOString()}`,
        row.note ?? '',
      ])
      return { value: rows, text: rows.length === 0 ? 'No invitations.' : table(lines) }
    }),
}

/** `invitation remove` */
export const invitationRemove: Command = {
  usage: 'invitation remove <id>',
  does: 'ends an invitation; accounts made with it stay',
  run: ([id = ''], env) =>
    withDatabase(env, async (db) => {
      const removed = await db
        .delete(invitations)
        .where(eq(invitations.id, id))
        .returning({ id: invitations.id })
      if (removed.length === 0) throw new CommandError(`There is no invitation ${id}.`)
      return { value: { id, removed: true }, text: `Removed: ${id}. Its link is refused from now on.` }
    }),
}

function linkOf(env: Environment, token: string): string {
  const { publicUrl } = loadConfig(env, publicUrlSettings)
  return `${publicUrl}/auth/login?${new URLSearchParams({ invitation: token })}`
}

function numberOf(
  text: string | undefined,
  { name, max, otherwise }: { readonly name: string; readonly max: number; readonly otherwise: number },
): number {
  if (text === undefined) return otherwise
  const number = Number(text)
  if (/^\d{1,6}$/.test(text) && number >= 1 && number <= max) return number
  throw new CommandError(`${name} is a number from 1 to ${max}.`, 2)
}
