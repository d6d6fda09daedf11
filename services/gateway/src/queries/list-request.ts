import type { ActivityFilter, ActivitySort } from '@ikigai/contracts'
import type { ActivityField } from './activity-fields.ts'
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

/** A list request that may select fields. */
export interface SparseListRequest extends ListRequest {
  /** The fields that each activity has in the answer; undefined: all. */
  readonly fields?: readonly ActivityField[] | undefined
}

/** Cache key of a request: equal for equal pages. */
export const listKey = ({
  filter,
  sort = '-start_time',
  limit,
  cursor = '',
  fields,
}: SparseListRequest): string =>
  `list ${sort} ${limit} ${cursor} ${fields?.join() ?? '*'} ${filterText(filter)}`
