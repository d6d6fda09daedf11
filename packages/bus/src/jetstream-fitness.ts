import { type JetStreamManager, type NatsConnection, NatsError, type StreamConfig } from 'nats'

/** The server or the account has no JetStream, or too little storage. The message is a sentence for the operator. */
export class JetStreamUnfitError extends Error {
  override readonly name = 'JetStreamUnfitError'
  /** The message, which may be shown to operators. */
  readonly sentence: string

  constructor(sentence: string, cause?: unknown) {
    super(sentence, cause === undefined ? {} : { cause })
    this.sentence = sentence
  }
}

/** JetStream's codes: not enabled, not enabled for the account. */
const NOT_ENABLED = new Set([10_076, 10_039])
/** JetStream's codes: insufficient resources, storage resources exceeded, insufficient storage resources available. */
const TOO_LITTLE_STORAGE = new Set([10_023, 10_028, 10_047])

/** Minimum storage of a stream without a limit of its own. */
const STREAM_BYTES = 16 * 2 ** 20

/**
 * Returns the JetStream manager, if JetStream has what the streams need.
 *
 * @throws JetStreamUnfitError when there is no JetStream, or too little storage for `streams`
 */
export async function fitJetStream(
  nc: NatsConnection,
  streams: readonly Partial<StreamConfig>[],
): Promise<JetStreamManager> {
  const jsm = await nc.jetstreamManager().catch((error: unknown) => {
    throw withoutJetStream(nc, error) ?? error
  })
  const { limits, storage } = await jsm.getAccountInfo()
  const needed = streams.map(bytesOf).reduce((sum, bytes) => sum + bytes, 0)
  // Storage already used by the streams counts towards the requirement.
  if (limits.max_storage >= 0 && Math.max(limits.max_storage, storage) < needed) {
    throw new JetStreamUnfitError(
      `The streams need ${megabytes(needed)} of JetStream's storage, and the account of this user of NATS may have ` +
        `${megabytes(limits.max_storage)}: raise its max_file.`,
    )
  }
  return jsm
}

/** An error of creating or updating a stream; one about storage becomes a {@link JetStreamUnfitError}. */
export function storageExplained(error: unknown, stream: Partial<StreamConfig>): unknown {
  if (!(error instanceof NatsError) || !TOO_LITTLE_STORAGE.has(error.api_error?.err_code ?? 0)) return error
  return new JetStreamUnfitError(
    `JetStream has too little storage for the stream ${stream.name ?? ''}, which needs ${megabytes(bytesOf(stream))}: ` +
      'give the server more (jetstream { max_file_store }, or room on its disk), or the account (max_file).',
    error,
  )
}

function withoutJetStream(nc: NatsConnection, error: unknown): JetStreamUnfitError | undefined {
  if (!(error instanceof NatsError)) return undefined
  const isOff = NOT_ENABLED.has(error.api_error?.err_code ?? 0)
  // No responders also while a cluster elects its leader; then the server reports that it has JetStream.
  if (!isOff && (error.code !== '503' || nc.info?.jetstream === true)) return undefined
  return new JetStreamUnfitError(
    'NATS answers, and has no JetStream for this user: start nats-server with --jetstream, and have `jetstream: enabled` ' +
      'in the user’s account.',
    error,
  )
}

const bytesOf = ({ max_bytes: maxBytes = -1 }: Partial<StreamConfig>) =>
  maxBytes > 0 ? maxBytes : STREAM_BYTES

const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`
