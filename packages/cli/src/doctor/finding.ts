import { withoutSecrets } from '@ikigai/chassis'

/** Result of one check. `skipped`: not possible, because another check failed or something is not configured. */
export type FindingState = 'ok' | 'warning' | 'failed' | 'skipped'

/** One line of `doctor`. */
export interface Finding {
  readonly check: string
  readonly state: FindingState
  readonly detail: string
  /** Advice for the operator. */
  readonly advice?: string
}

/** Checks one part of an installation. It never throws: a failure is a finding. */
export type Check = () => Promise<readonly Finding[]>

/** Constructors of findings. */
export const ok = (check: string, detail: string): Finding => ({ check, state: 'ok', detail })
export const skipped = (check: string, detail: string): Finding => ({ check, state: 'skipped', detail })
export const warning = (check: string, detail: string, advice: string): Finding => ({
  check,
  state: 'warning',
  detail,
  advice,
})
export const failed = (check: string, detail: string, advice: string): Finding => ({
  check,
  state: 'failed',
  detail,
  advice,
})

/** Runs a check; an error becomes a failed finding with the message of its first cause, without secrets. */
export async function guarded(check: string, advice: string, look: Check): Promise<readonly Finding[]> {
  try {
    return await look()
  } catch (error) {
    return [failed(check, reasonOf(error), advice)]
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.cause instanceof Error) return reasonOf(error.cause)
  return withoutSecrets(error instanceof Error ? error.message : String(error))
}
