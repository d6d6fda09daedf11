import type { UnitSystem } from '../model/units.ts'

interface UnitSwitchProps {
  readonly units: UnitSystem
  readonly onChange: (units: UnitSystem) => void
}

const CHOICES = [
  { units: 'metric', label: 'km', name: 'Kilometers' },
  { units: 'imperial', label: 'mi', name: 'Miles' },
] as const

/** Kilometers or miles. */
export const UnitSwitch = ({ units, onChange }: UnitSwitchProps) => (
  <fieldset class="switch">
    <legend class="hidden">Units</legend>
    {CHOICES.map((choice) => (
      <label key={choice.units}>
        <input
          type="radio"
          name="units"
          aria-label={choice.name}
          checked={units === choice.units}
          onChange={() => onChange(choice.units)}
        />
        <span>{choice.label}</span>
      </label>
    ))}
  </fieldset>
)
