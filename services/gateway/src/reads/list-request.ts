import type { ActivityFilter, ActivitySort } from '@ikigai/contracts'

/** Which page of which activities. */
export interface ListRequest {
  readonly filter: ActivityFilter
  /** Newest first unless said otherwise. */
  readonly sort?: ActivitySort | undefined
  /** 1 to 200. */
  readonly limit: number
  readonly cursor?: string | undefined
}
