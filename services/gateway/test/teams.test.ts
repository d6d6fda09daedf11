import { ask, connectBus, RequestError, serve } from '@ikigai/bus'
import { API, API_SUBJECTS, ImportStatusSchema } from '@ikigai/contracts'
import { testNats } from '@ikigai/testkit'
import { headers } from 'nats'
