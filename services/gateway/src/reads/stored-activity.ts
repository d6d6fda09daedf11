export { type ActivityRow, activityColumns, detailColumn, toActivity, withOffset } from '@ikigai/db'
