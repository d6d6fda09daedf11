import type { Lane } from '@ikigai/contracts'
import { type Static, Type } from 'typebox'
import { DAY_MS, HOUR_MS } from './windows.ts'

/** Epoch ms; `until` as it was told last, or when it called again. */
const span = Type.Object({ from: Type.Integer(), until: Type.Integer() })

/** Schema of {@link Held}. */
export const HeldSchema = Type.Object({ signup: Type.Optional(span), webhook: Type.Optional(span) })

/**
 * When a lane was last refused for longer than a quarter of an hour: what it called then says less than what came. Of the
 * lanes whose jobs come from outside.
 */
export type Held = Static<typeof HeldSchema>

/** The lanes whose jobs come from outside, and are called as soon as they may. */
export const COMING = ['signup', 'webhook'] as const

const canBeHeld = (lane: Lane): lane is keyof Held => lane === 'signup' || lane === 'webhook'

/** Notes that a lane is refused, since and until when: epoch ms. */
export function holdBack(held: Held | undefined, lane: keyof Held, since: number, until: number): Held {
  const last = held?.[lane]
  const from = last !== undefined && since <= last.until + HOUR_MS ? last.from : since
  return { ...held, [lane]: { from, until } }
}

/** It calls again, maybe sooner than it was told. */
export function letGo(held: Held, lane: Lane, now: number): Held {
  const last = canBeHeld(lane) ? held[lane] : undefined
  return last === undefined || last.until <= now ? held : { ...held, [lane]: { from: last.from, until: now } }
}

/** Whether a lane was held back in an hour (its start, epoch ms), or in the one before it, so that what waited is called in it. */
export function wasHeld(held: Held | undefined, lane: Lane, hour: number): boolean {
  const last = canBeHeld(lane) ? held?.[lane] : undefined
  return last !== undefined && last.from < hour + HOUR_MS && last.until > hour - HOUR_MS
}

/** Whether an hour begins at a midnight that new activities of the day before had waited for. */
export const isHeldOvernight = (held: Held | undefined, hour: number): boolean =>
  hour % DAY_MS === 0 && wasHeld(held, 'webhook', hour) && (held?.webhook?.from ?? hour) < hour
