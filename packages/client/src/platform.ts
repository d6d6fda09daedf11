// `AbortSignal` and `fetch` as the consumer's own libraries declare them: lib.dom, @types/node, or (where nothing does)
// the part of them that the client uses. So its types compile under any `lib`.

type Platform = typeof globalThis

/** The part of `AbortSignal` that the client uses. */
export interface AbortSignalLike {
  readonly aborted: boolean
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** The part of `Response` that the client uses. */
export interface ResponseLike {
  readonly ok: boolean
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly body: {
    getReader(): {
      read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>
      cancel(): Promise<void>
    }
    cancel(): Promise<void>
  } | null
  text(): Promise<string>
}

/** The part of `fetch` that the client uses. */
export type FetchLike = (
  url: string,
  init?: {
    method?: string
    headers?: Record<string, string>
    body?: string
    signal?: AbortSignalLike
  },
) => Promise<ResponseLike>

/** The platform's `AbortSignal`. */
export type Signal = Platform extends { AbortSignal: { prototype: infer S } } ? S : AbortSignalLike

/** The platform's `fetch`. */
export type Fetch = Platform extends { fetch: infer F } ? F : FetchLike

/** The platform's `Response`. */
export type FetchResponse = Platform extends { Response: { prototype: infer R } } ? R : ResponseLike
