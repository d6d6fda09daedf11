import type { ActivityRecord } from '../athletes/records.ts'
import type { StravaId } from '../ids.ts'
import type { Random } from '../random.ts'
import type { SimulatorSettings } from '../settings.ts'

/** Short pages, which Strava's documentation allows: fewer items than requested, though there are more. */
export interface IrregularPages {
  /** The page as the athlete gets it. Never two irregular ones of an athlete in a row. */
  show(athleteId: StravaId, page: readonly ActivityRecord[]): readonly ActivityRecord[]
  clear(): void
}

/** At most this part of a page is left for the next one. */
const LEFT_OUT = 0.1

/** The page shown before, if this one follows it in the list: never the end of a list in place of its beginning. */
function repeatOf(
  before: readonly ActivityRecord[] | undefined,
  page: readonly ActivityRecord[],
): readonly ActivityRecord[] {
  const [first] = page
  const [firstBefore] = before ?? []
  const follows =
    first === undefined || (firstBefore !== undefined && firstBefore.startSeconds >= first.startSeconds)
  return before !== undefined && follows ? before : page
}

/** Chances are drawn from the given source, so that a run can be repeated. */
export function createIrregularPages(random: Random, settings: () => SimulatorSettings): IrregularPages {
  const last = new Map<StravaId, { readonly page: readonly ActivityRecord[]; readonly irregular: boolean }>()

  const change = (athleteId: StravaId, page: readonly ActivityRecord[]): readonly ActivityRecord[] => {
    const { listShortPages, listRepeats, listHoles } = settings()
    const before = last.get(athleteId)
    if (before?.irregular === true || listShortPages + listRepeats + listHoles === 0) return page
    if (random.chance(listHoles)) return []
    if (random.chance(listRepeats)) return repeatOf(before?.page, page)
    const most = page.length < 2 ? 0 : Math.ceil(page.length * LEFT_OUT)
    return most > 0 && random.chance(listShortPages) ? page.slice(0, -random.integer(1, most)) : page
  }

  return {
    show(athleteId, page) {
      const shown = change(athleteId, page)
      last.set(athleteId, { page: shown, irregular: shown !== page })
      return shown
    },
    clear: () => last.clear(),
  }
}
