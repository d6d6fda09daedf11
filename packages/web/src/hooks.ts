import { useEffect, useState } from 'preact/hooks'
import { guessUnits, type UnitSystem } from './model/units.ts'

/** The current time (epoch ms), updated every `intervalMs`. */
export function useNow(intervalMs: number): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), intervalMs)
    return () => clearInterval(timer)
  }, [intervalMs])
  return now
}

/** Whether the browser has a network. */
export function useOnline(): boolean {
  const [isOnline, setOnline] = useState(navigator.onLine)
  useEffect(() => {
    const update = () => setOnline(navigator.onLine)
    addEventListener('online', update)
    addEventListener('offline', update)
    return () => {
      removeEventListener('online', update)
      removeEventListener('offline', update)
    }
  }, [])
  return isOnline
}

const UNITS_KEY = 'units'

/** The reader's units, also from an earlier visit; by default those of the browser's language. */
export function useUnits(): [UnitSystem, (units: UnitSystem) => void] {
  const [units, setUnits] = useState<UnitSystem>(() => remembered() ?? guessUnits(navigator.language))
  const choose = (chosen: UnitSystem) => {
    remember(chosen)
    setUnits(chosen)
  }
  return [units, choose]
}

// A browser that blocks storage throws at both calls.
function remembered(): UnitSystem | undefined {
  try {
    const value = localStorage.getItem(UNITS_KEY)
    return value === 'metric' || value === 'imperial' ? value : undefined
  } catch {
    return undefined
  }
}

function remember(units: UnitSystem): void {
  try {
    localStorage.setItem(UNITS_KEY, units)
  } catch {
    // Without storage the choice lasts for this visit.
  }
}
