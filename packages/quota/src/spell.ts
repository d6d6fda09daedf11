import type { Lane } from '@ikigai/contracts'
import { type Static, Type } from 'typebox'
import type { Demand } from './demand.ts'
import { usualCalls } from './usual.ts'
import { HOUR_MS } from './windows.ts'

/** Schema of {@link Spell}: epoch ms. `last`: when one called last, or may again. */
export const SpellSchema = Type.Object({
  since: Type.Integer(),
  calls: Type.Integer(),
  last: Type.Optional(Type.Integer()),
})

/** Sign-ups since they began to come faster than usual, or the last one. */
export type Spell = Static<typeof SpellSchema>

/** The lane `signup`, as {@link usualCalls} wants it. */
export const SIGN_UP: readonly Lane[] = ['signup']

/** So many times as many as usual are a spell. */
const FASTER = 2

/** Sign-ups that had waited come one upon another, no further apart than this (ms). */
const WAITED_MS = 10_000

/**
 * A sign-up belongs to the spell while all of it is faster than usual; after an hour the last hour says as much. What had
 * waited for the end of a gap is apart: the spell begins after it.
 */
export function spellWith({ spell, gap, seen }: Demand, now: number, dayLimit: number): Spell {
  // Replicas' clocks differ.
  const last = Math.max(now, spell?.last ?? 0)
  const first = { since: now, calls: 1, last }
  if (gap !== undefined && isCatchingUp(spell, gap)) {
    const calls = spell?.since === gap.until ? spell.calls + 1 : 1
    const waited = now - Math.max(gap.until, spell?.last ?? 0) <= WAITED_MS
    return waited ? { since: gap.until, calls, last } : first
  }
  if (spell === undefined || isPast(spell, gap, now)) return first
  const usual = usualCalls(seen, SIGN_UP, dayLimit, spell.since, now)
  return spell.calls > FASTER * usual ? { ...spell, calls: spell.calls + 1, last } : first
}

/** Notes that a sign-up waits until then (epoch ms). */
export const signUpWaits = (spell: Spell, until: number): Spell => ({
  ...spell,
  last: Math.max(until, spell.last ?? 0),
})

/** Whether sign-ups that waited for the end of a gap are still being called, or none has been since. */
export const isCatchingUp = (spell: Spell | undefined, gap: NonNullable<Demand['gap']>): boolean =>
  spell === undefined || spell.since <= gap.until

/** Whether the last hour says as much as a spell, at `now`: it has what had waited for the end of a gap in it for longer. */
export const isPast = (spell: Spell, gap: Demand['gap'], now: number): boolean =>
  now - spell.since > HOUR_MS && (gap === undefined || now - gap.until > 2 * HOUR_MS)
