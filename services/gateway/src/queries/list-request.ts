import type { ActivityFilter, ActivitySort } from '@ikigai/contracts'
import { filterText } from './cursor.ts'

/** Filter, order and page of a list of activities. */
export interface ListRequest {
  readonly filter: ActivityFilter
  /** Default: newest first. */
  readonly sort?: ActivitySort | undefined
  /** 1 to 200. */
  readonly limit: number
  readonly cursor?: string | undefined
}

/** The same text for the same page. */
export const listKey = ({ filter, sort = '-start_time', limit, cursor = '' }: ListRequest): string =>
  `list ${sort} ${limit} ${cursor} ${filterText(filter)}`
