import type { ActivityFilter } from '@ikigai/contracts'
import { distanceUnit, metersPerUnit, sportName, type UnitSystem } from '../model/units.ts'

interface FilterFormProps {
  readonly filter: ActivityFilter
  readonly units: UnitSystem
  /** Sports to choose from. */
  readonly sports: readonly string[]
  readonly onChange: (filter: ActivityFilter) => void
}

/** Filter of the random activity. */
export function FilterForm({ filter, units, sports, onChange }: FilterFormProps) {
  const unit = distanceUnit(units)
  const isFiltered = Object.keys(filter).length > 0
  return (
    <section class="card filter" aria-labelledby="filter-title">
      <h2 id="filter-title">Choose from</h2>
      <form
        // A new key renders the inputs with the current filter after it is cleared or the units change.
        key={`${units} ${JSON.stringify(filter)}`}
        onSubmit={(event) => {
          event.preventDefault()
          onChange(filterOf(new FormData(event.currentTarget), units))
        }}
      >
        <label class="wide">
          Sport
          <select name="sport">
            <option value="">Any sport</option>
            {sportsWith(sports, filter.sport_type).map((sport) => (
              <option key={sport} value={sport} selected={sport === filter.sport_type}>
                {sportName(sport)}
              </option>
            ))}
          </select>
        </label>
        <label>
          From
          <input name="from" {...dayInput} defaultValue={filter.from_date ?? ''} />
        </label>
        <label>
          To
          <input name="to" {...dayInput} defaultValue={filter.to_date ?? ''} />
        </label>
        <label>
          At least, {unit}
          <input {...distanceInput} name="min" defaultValue={distanceIn(filter.min_distance, units)} />
        </label>
        <label>
          At most, {unit}
          <input {...distanceInput} name="max" defaultValue={distanceIn(filter.max_distance, units)} />
        </label>
        <div class="wide buttons">
          <button type="submit">Show one of these</button>
          {isFiltered && (
            <button type="button" class="quiet" onClick={() => onChange({})}>
              Clear
            </button>
          )}
        </div>
      </form>
    </section>
  )
}

const dayInput = { type: 'date', min: '1900-01-01', max: '2999-12-31' } as const
const distanceInput = { type: 'number', min: 0, max: 10_000, step: 'any', inputMode: 'decimal' } as const

const sportsWith = (sports: readonly string[], chosen: string | undefined) =>
  chosen === undefined || sports.includes(chosen) ? sports : [...sports, chosen]

/** Reads the form; days are local days of the activities, as everywhere on the page. */
function filterOf(form: FormData, units: UnitSystem): ActivityFilter {
  const text = (name: string) => String(form.get(name) ?? '')
  const meters = (name: string) => Math.round(Number(text(name)) * metersPerUnit(units))
  return {
    ...(text('sport') !== '' && { sport_type: text('sport') }),
    ...(text('from') !== '' && { from_date: text('from') }),
    ...(text('to') !== '' && { to_date: text('to') }),
    ...(text('min') !== '' && { min_distance: meters('min') }),
    ...(text('max') !== '' && { max_distance: meters('max') }),
  }
}

const distanceIn = (meters: number | undefined, units: UnitSystem) =>
  meters === undefined ? '' : String(Math.round((meters / metersPerUnit(units)) * 100) / 100)
