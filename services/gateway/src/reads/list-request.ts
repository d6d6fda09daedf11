import type { ActivityFilter } from '@ikigai/contracts'

/** Which page of which activities. */
export interface ListRequest {
  readonly filter: ActivityFilter
  /** 1 to 200. */
  readonly limit: number
  readonly cursor?: string | undefined
}
