import type { Clock } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/strava'

/** Events that could not be stored, until Strava has sent them again or has stopped trying. */
export interface RefusedEvents {
  /** Records that an event was answered with 503. */
  refused(key: string, ownerId: StravaId): void
  /** Records that an event was stored after all. */
  accepted(key: string): void
  /** Whether any are pending: if this process ends now, they are lost without a record. */
  hasPending(): boolean
  /** Owners, each once, of the events that Strava does not send any more. `everybody`: more were refused than could be recorded. */
  lost(): { readonly owners: readonly StravaId[]; readonly everybody: boolean }
  /** Removes the events that {@link lost} has returned. */
  forget(lost: ReturnType<RefusedEvents['lost']>): void
}

/** Strava sends an event three times, a little more than a minute apart (observed). After this it has stopped: ms. */
const LAST_ATTEMPT_AFTER_MS = 300_000

/** Maximum number of refused events in memory. */
const MAX_REMEMBERED = 20_000

interface Refusal {
  readonly ownerId: StravaId
  /** Time of the first attempt: epoch ms. */
  readonly at: number
}

/** Keeps up to {@link MAX_REMEMBERED} refused events in memory. */
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
    hasPending: () => refusals.size > 0 || overflowedAt !== undefined,
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
