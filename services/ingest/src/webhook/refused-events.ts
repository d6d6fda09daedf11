import type { Clock } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/strava'

/** Events that could not be stored, until Strava has sent them again or has given up. */
export interface RefusedEvents {
  /** The event was answered with 503. */
  refused(key: string, ownerId: StravaId): void
  /** The event was stored after all. */
  accepted(key: string): void
  /** Whether any are pending: if this process ends now, they are lost without a record. */
  isWaiting(): boolean
  /** Owners of the events that Strava does not send any more, each once. `everybody`: more were refused than are remembered. */
  lost(): { readonly owners: readonly StravaId[]; readonly everybody: boolean }
  /** Removes the events that {@link lost} has returned. */
  forget(lost: ReturnType<RefusedEvents['lost']>): void
}

/** Strava sends an event three times, a good minute apart (observed). */
const LAST_ATTEMPT_AFTER_MS = 300_000

const MAX_REMEMBERED = 20_000

interface Refusal {
  readonly ownerId: StravaId
  /** Of the first attempt: epoch ms. */
  readonly at: number
}

/** Remembers refused events in memory, bounded. */
export function createRefusedEvents(clock: Clock): RefusedEvents {
  const refusals = new Map<string, Refusal>()
  let overflowedAt: number | undefined

  const isOver = (at: number | undefined) => at !== undefined && clock.now() - at >= LAST_ATTEMPT_AFTER_MS

  return {
    refused(key, ownerId) {
      if (refusals.has(key)) return
      if (refusals.size < MAX_REMEMBERED) refusals.set(key, { ownerId, at: clock.now() })
      else overflowedAt ??= clock.now()
    },
    accepted: (key) => void refusals.delete(key),
    isWaiting: () => refusals.size > 0 || overflowedAt !== undefined,
    lost: () => ({
      owners: [
        ...new Set([...refusals.values()].filter(({ at }) => isOver(at)).map(({ ownerId }) => ownerId)),
      ],
      everybody: isOver(overflowedAt),
    }),
    forget({ owners, everybody }) {
      const named = new Set(owners)
      for (const [key, { ownerId, at }] of refusals)
        if (isOver(at) && named.has(ownerId)) refusals.delete(key)
      if (everybody) overflowedAt = undefined
    },
  }
}
