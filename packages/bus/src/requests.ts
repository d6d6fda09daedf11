import { isUnavailable } from '@ikigai/chassis'
import { failed, inSpan, SpanKind, traceHeaders } from '@ikigai/chassis/tracing'
import { isValid, validationErrors } from '@ikigai/chassis/validation'
import { type ApiError, ApiErrorSchema } from '@ikigai/contracts'
import { type Msg, NatsError, headers as natsHeaders, type Subscription } from 'nats'
import type { Static, TSchema } from 'typebox'
import type { Bus } from './connection.ts'
import { teamOfSubject, teamSubject } from './teams.ts'
import { carrierOf } from './trace-carrier.ts'

/** Subject, request and reply of one request. */
export interface RpcContract<Request extends TSchema = TSchema, Reply extends TSchema = TSchema> {
  readonly subject: string
  readonly request: Request
  readonly reply: Reply
}

/** A request that was refused or could not be answered. `body`: the error reply. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly body: ApiError['error']
  constructor(body: ApiError['error']) {
    super(body.message)
    this.body = body
  }
}

/** HTTP-like numbers for `Nats-Service-Error-Code`. */
const STATUS: Record<ApiError['error']['code'], number> = {
  bad_request: 400,
  not_found: 404,
  no_activity_yet: 404,
  too_many_requests: 429,
  unavailable: 503,
  internal: 500,
}

/** An endpoint: its contract and its handler. */
export interface Endpoint {
  readonly name: string
  readonly contract: RpcContract
  readonly answer: (body: unknown) => Promise<string>
}

/** Decides whether a team's request is answered. @throws RequestError when it is not */
export type Admission = (team: string) => void

/**
 * Binds a contract to its handler. The request is validated before the handler is called.
 * A string that a handler returns is sent unchanged, as JSON text.
 */
export function endpoint<Request extends TSchema, Reply extends TSchema>(
  name: string,
  contract: RpcContract<Request, Reply>,
  handler: (request: Static<Request>) => Promise<Static<Reply> | string>,
): Endpoint {
  const answer = async (body: unknown) => {
    if (!isValid(contract.request, body)) {
      const message = 'The request does not match its schema.'
      throw new RequestError({
        code: 'bad_request',
        message,
        faults: validationErrors(contract.request, body),
      })
    }
    const reply = await handler(body)
    return typeof reply === 'string' ? reply : JSON.stringify(reply)
  }
  return { name, contract, answer }
}

/** A service started by {@link startService}. */
export interface RunningEndpoints {
  /** Accepts no more requests, and answers those in progress. */
  stop(): Promise<void>
}

/** Name, version and description in `$SRV.INFO`. */
export interface ServiceDescription {
  readonly name: string
  readonly version: string
  readonly description: string
}

/**
 * Offers endpoints through NATS's services framework: replicas share one queue group, and
 * `$SRV.PING`, `$SRV.INFO` and `$SRV.STATS` answer. With `admit`, other teams reach them too: their requests arrive on the
 * subjects of `teamSubject`, and `admit` is called for each.
 */
export async function startService(
  bus: Bus,
  about: ServiceDescription,
  endpoints: readonly Endpoint[],
  admit?: Admission,
): Promise<RunningEndpoints> {
  const service = await bus.nc.services.add({ ...about, queue: about.name })
  const running = new Set<Promise<void>>()
  const take = (message: Msg, answer: Endpoint['answer']) => {
    const task = respond(bus, message, answer).finally(() => running.delete(task))
    running.add(task)
  }
  const subscriptions: Subscription[] = []
  for (const { name, contract, answer } of endpoints) {
    service.addEndpoint(name, {
      subject: contract.subject,
      handler: (error, message) => {
        if (error === null) take(message, answer)
      },
    })
    if (admit === undefined) continue
    const callback = (error: NatsError | null, message: Msg) => {
      if (error === null) take(message, admitted(message, admit, answer))
    }
    subscriptions.push(bus.nc.subscribe(teamSubject(contract.subject, '*'), { queue: about.name, callback }))
  }
  // The server has registered the subscriptions before this resolves.
  await bus.nc.flush()
  return {
    stop: async () => {
      await service.stop()
      await Promise.all(subscriptions.map((subscription) => subscription.drain()))
      await Promise.all(running)
    },
  }
}

const admitted =
  (message: Msg, admit: Admission, answer: Endpoint['answer']): Endpoint['answer'] =>
  async (body) => {
    admit(teamOfSubject(message.subject) ?? '')
    return await answer(body)
  }

async function respond(bus: Bus, message: Msg, answer: Endpoint['answer']): Promise<void> {
  const span = { kind: SpanKind.SERVER, parent: carrierOf(message.headers) }
  await inSpan(message.subject, span, async (active) => {
    try {
      message.respond(await answer(readJson(message)))
    } catch (error) {
      failed(active, error)
      respondWithError(bus, message, error)
    }
  })
}

const INTERNAL_ERROR: ApiError['error'] = {
  code: 'internal',
  message: 'This request could not be answered.',
}
const UNAVAILABLE: ApiError['error'] = {
  code: 'unavailable',
  message: 'A part of this service cannot be reached. Try again in a few seconds.',
}

function respondWithError(bus: Bus, message: Msg, error: unknown): void {
  const body: ApiError['error'] =
    error instanceof RequestError ? error.body : isUnavailable(error) ? UNAVAILABLE : INTERNAL_ERROR
  if (body === UNAVAILABLE) bus.logger.warn({ err: error, subject: message.subject }, 'request failed')
  if (body === INTERNAL_ERROR) bus.logger.error({ err: error, subject: message.subject }, 'request failed')
  const headers = natsHeaders()
  headers.set('Nats-Service-Error-Code', String(STATUS[body.code]))
  headers.set('Nats-Service-Error', body.message)
  message.respond(JSON.stringify({ error: body }), { headers })
}

function readJson(message: Msg): unknown {
  if (message.data.length === 0) return {}
  try {
    return message.json()
  } catch {
    throw new RequestError({ code: 'bad_request', message: 'The request is not JSON.' })
  }
}

/**
 * Sends a request and awaits the reply.
 * @throws RequestError `unavailable` without a reply in time, or the service's error
 */
export async function request<Request extends TSchema, Reply extends TSchema>(
  bus: Bus,
  contract: RpcContract<Request, Reply>,
  request: Static<Request>,
  timeoutMs = 5_000,
): Promise<Static<Reply>> {
  const headers = natsHeaders()
  for (const [name, value] of Object.entries(traceHeaders())) headers.set(name, value)
  const message = await bus.nc
    .request(contract.subject, JSON.stringify(request), { timeout: timeoutMs, headers })
    .catch((error: unknown) => {
      const why = error instanceof NatsError ? error.code : 'unknown'
      throw new RequestError({ code: 'unavailable', message: `No answer on ${contract.subject} (${why}).` })
    })
  const body = jsonOrNothing(message)
  if (message.headers?.has('Nats-Service-Error-Code') === true) {
    const known = isValid(ApiErrorSchema, body)
    throw new RequestError(known ? body.error : { code: 'internal', message: 'The service failed.' })
  }
  if (!isValid(contract.reply, body)) {
    throw new RequestError({
      code: 'internal',
      message: `The reply on ${contract.subject} does not match its schema.`,
    })
  }
  return body
}

/** The parsed body, or undefined, which matches no schema, when it is not JSON. */
function jsonOrNothing(message: Msg): unknown {
  try {
    return message.json()
  } catch {
    return undefined
  }
}
