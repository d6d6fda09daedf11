export { comesFromOwnPages } from '@ikigai/sessions'
