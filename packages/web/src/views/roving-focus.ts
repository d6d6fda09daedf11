import { useState } from 'preact/hooks'

/** Roving tabindex: one element is reachable by Tab, arrow keys move to the others. */
export interface RovingFocus {
  /** The `data-date` that is reachable. */
  readonly current: string | undefined
  onKeyDown(event: KeyboardEvent & { readonly currentTarget: Element }): void
}

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }

/** Roving focus over elements with `data-date`, in the order of `dates`. At first the last one is reachable. */
export function useRovingFocus(dates: readonly string[]): RovingFocus {
  const [chosen, choose] = useState<string>()
  const current = chosen !== undefined && dates.includes(chosen) ? chosen : dates.at(-1)

  function target(key: string): string | undefined {
    if (key === 'Home') return dates[0]
    if (key === 'End') return dates.at(-1)
    const step = STEPS[key]
    return step === undefined || current === undefined ? undefined : dates[dates.indexOf(current) + step]
  }

  return {
    current,
    onKeyDown(event) {
      const date = target(event.key)
      if (date === undefined) return
      event.preventDefault()
      choose(date)
      const element = event.currentTarget.querySelector(`[data-date="${date}"]`)
      if (element instanceof SVGElement) element.focus()
    },
  }
}
