import { createHash } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { faultOfStatus, StravaFault } from '../api/strava-fault.ts'
import { UnknownRecordError } from '../errors.ts'
import type { SimulatorState } from '../simulator-state.ts'
import { faultOf } from './call.ts'

const LIMIT_HEADERS = [
  'x-ratelimit-limit',
  'x-ratelimit-usage',
  'x-readratelimit-limit',
  'x-readratelimit-usage',
] as const

/** Sends JSON text as it is. */
export function sendJsonText(reply: FastifyReply, text: string): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(text)
}

function renderFault(reply: FastifyReply, fault: StravaFault): FastifyReply {
  return reply.code(fault.status).send(fault.body)
}

/** Renders errors as Strava does, and hides the simulator's own behind a 500. */
export function renderError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof StravaFault) return renderFault(reply, error)
  // A restored grant can be used before its athlete is made again.
  if (error instanceof UnknownRecordError) return renderFault(reply, faultOfStatus(503))
  const status = error.statusCode ?? 500
  if (status >= 500) request.log.error(error)
  return renderFault(reply, faultOfStatus(status < 500 ? 400 : 500))
}

/** The headers of recorded answers of 2025 and 2026 besides the limits. */
function decorate(state: SimulatorState, reply: FastifyReply, payload: unknown): void {
  const { statusCode } = reply
  reply.header('date', new Date(state.clock.now()).toUTCString())
  reply.header('server', 'istio-envoy')
  reply.header('status', `${statusCode} ${STATUS_CODES[statusCode] ?? ''}`)
  reply.header('vary', 'Accept, Origin')
  reply.header('x-cache', statusCode < 400 ? 'Miss from cloudfront' : 'Error from cloudfront')
  reply.header('cache-control', statusCode === 200 ? 'max-age=0, private, must-revalidate' : 'no-cache')
  if (statusCode === 200 && typeof payload === 'string') {
    reply.header('etag', `W/"${createHash('md5').update(payload).digest('hex')}"`)
  }
}

function garbleLimits(reply: FastifyReply, value: string | null): void {
  if (!reply.hasHeader('x-ratelimit-limit')) return
  for (const name of LIMIT_HEADERS) {
    if (value === null) reply.removeHeader(name)
    else if (name.endsWith('usage')) reply.header(name, value)
  }
}

async function* halfOf(text: string): AsyncGenerator<string> {
  yield text.slice(0, Math.ceil(text.length / 2))
  throw new Error('the answer is cut here on purpose')
}

/** Completes an answer: headers, faults of the answer, and the record of the call. */
export async function finish(
  state: SimulatorState,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  const { stravaCall: call } = request
  if (call === null) return payload
  decorate(state, reply, payload)
  const limitFault = faultOf(call, 'limit-headers')
  if (limitFault !== undefined) garbleLimits(reply, limitFault.value)
  if (faultOf(call, 'lost-response') !== undefined) {
    state.calls.answer(call.record, 0)
    request.raw.socket.destroy()
    return payload
  }
  if (faultOf(call, 'truncate') !== undefined && typeof payload === 'string') {
    state.calls.answer(call.record, 0)
    reply.header('content-length', Buffer.byteLength(payload))
    return Readable.from(halfOf(payload), { objectMode: false })
  }
  state.calls.answer(call.record, reply.statusCode)
  request.log.debug({ call: call.record }, 'answered')
  return payload
}
