import type { Carrier } from '@ikigai/chassis/tracing'
import type { MsgHdrs } from 'nats'

/** The trace context of a message. */
export function carrierOf(headers: MsgHdrs | undefined): Carrier {
  const traceparent = headers?.get('traceparent') ?? ''
  return traceparent === '' ? {} : { traceparent, tracestate: headers?.get('tracestate') ?? '' }
}
