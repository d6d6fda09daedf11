import type { CallKind } from '../calls/schemas.ts'
import type { StravaId } from '../ids.ts'
import type { Random } from '../random.ts'
import type { ActiveFault, Fault } from './schemas.ts'

/** Properties of a call that a fault is matched against. */
export interface CallTraits {
  kind: CallKind
  athleteId: StravaId | undefined
  activityId: StravaId | undefined
}

/** The active faults. */
export interface FaultInjector {
  add(fault: Fault): ActiveFault
  list(): ActiveFault[]
  remove(id: string): void
  clear(): void
  /** Takes the faults that hit this call, and counts them as used. */
  draw(call: CallTraits): Fault[]
}

function matches(fault: Fault, call: CallTraits): boolean {
  const { route, athleteId, activityId } = fault
  if (route !== undefined && !(Array.isArray(route) ? route.includes(call.kind) : route === call.kind))
    return false
  if (athleteId !== undefined && athleteId !== call.athleteId) return false
  return activityId === undefined || activityId === call.activityId
}

/** Creates an injector without faults; `probability` is drawn from the given source. */
export function createFaultInjector(random: Random): FaultInjector {
  let faults: { active: ActiveFault; toSkip: number }[] = []
  let lastId = 0
  return {
    add(fault) {
      lastId += 1
      const active = { ...fault, id: String(lastId), hits: 0 }
      faults.push({ active, toSkip: fault.skip ?? 0 })
      return { ...active }
    },
    list: () => faults.map(({ active }) => ({ ...active })),
    remove(id) {
      faults = faults.filter(({ active }) => active.id !== id)
    },
    clear() {
      faults = []
    },
    draw(call) {
      const drawn: Fault[] = []
      for (const entry of faults) {
        if (!matches(entry.active, call)) continue
        if (entry.toSkip > 0) {
          entry.toSkip -= 1
          continue
        }
        if (!random.chance(entry.active.probability ?? 1)) continue
        entry.active.hits += 1
        drawn.push(entry.active)
      }
      faults = faults.filter(({ active }) => active.count === undefined || active.hits < active.count)
      return drawn
    },
  }
}
