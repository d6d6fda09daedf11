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

/** A list whose activities have some of their fields alone. */
export interface SparseListRequest extends ListRequest {
  /** Undefined: all of them. */
  readonly fields?: readonly ActivityField[] | undefined
}

/** The same text for the same page. */
export const listKey = ({
  filter,
  sort = '-start_time',
  limit,
  cursor = '',
  fields,
}: SparseListRequest): string =>
  `list ${sort} ${limit} ${cursor} ${fields?.join() ?? '*'} ${filterText(filter)}`
