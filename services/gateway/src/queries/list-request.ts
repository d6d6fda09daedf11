import type { ActivityFilter, ActivitySort } from '@ikigai/contracts'

/** Filter, order and page of a list of activities. */
export interface ListRequest {
  readonly filter: ActivityFilter
  /** Default: newest first. */
  readonly sort?: ActivitySort | undefined
  /** 1 to 200. */
  readonly limit: number
  readonly cursor?: string | undefined
}
