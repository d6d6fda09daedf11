import type { ActivityRecord } from '../athletes/records.ts'
import type { StravaId } from '../ids.ts'
import type { Random } from '../random.ts'
import type { SimulatorSettings } from '../settings.ts'

/** What Strava's lists do at times, and its documentation allows: fewer items than asked for, though there are more. */
export interface IrregularPages {
  /** The page as the athlete gets it. Never two irregular ones of an athlete in a row. */
  show(athleteId: StravaId, page: readonly ActivityRecord[], perPage: number): readonly ActivityRecord[]
  clear(): void
}

/** At most this part of a full page is left for the next one. */
const LEFT_OUT = 0.1

/** Chances are drawn from the given source, so that a run can be repeated. */
export function createIrregularPages(random: Random, settings: () => SimulatorSettings): IrregularPages {
  const last = new Map<StravaId, { readonly page: readonly ActivityRecord[]; readonly irregular: boolean }>()

  const change = (
    athleteId: StravaId,
    page: readonly ActivityRecord[],
    perPage: number,
  ): readonly ActivityRecord[] => {
    const { listShortPages, listRepeats, listHoles } = settings()
    const before = last.get(athleteId)
    if (before?.irregular === true || listShortPages + listRepeats + listHoles === 0) return page
    if (random.chance(listHoles)) return []
    if (random.chance(listRepeats)) return before?.page ?? page
    const most = page.length < perPage ? 0 : Math.floor(perPage * LEFT_OUT)
    return most > 0 && random.chance(listShortPages) ? page.slice(0, -random.integer(1, most)) : page
  }

  return {
    show(athleteId, page, perPage) {
      const shown = change(athleteId, page, perPage)
      last.set(athleteId, { page: shown, irregular: shown !== page })
      return shown
    },
    clear: () => last.clear(),
  }
}
