/** This tab's part in a stream that tabs share. */
export interface Shared<Message> {
  /** Sends a message to the other tabs. */
  send(message: Message): void
  close(): void
}

/** Options of {@link shareAmongTabs}. */
export interface SharedOptions<Message> {
  /** Name of the lock and the channel, the same in all tabs. */
  readonly name: string
  /** Starts the stream, in one visible tab at a time; returns a function that ends it. */
  readonly lead: () => () => void
  /** Called with messages of other tabs, while this one is visible. */
  readonly onMessage: (message: Message) => void
  /** Called when this tab is visible again: messages may have been missed. */
  readonly onReturn: () => void
}

/**
 * Elects one of the visible tabs of this origin as leader; the others receive its messages. Hidden tabs do not take part,
 * because phones suspend them without notice. Without Web Locks (an origin that is neither https nor localhost), every
 * visible tab leads for itself.
 */
export function shareAmongTabs<Message>(options: SharedOptions<Message>): Shared<Message> {
  const { name, lead, onMessage, onReturn } = options
  const channel = new BroadcastChannel(name)
  let ending: (() => void) | undefined

  function begin(): void {
    const end = new AbortController()
    ending = () => end.abort()
    void leadUntil(end.signal).catch(ignoreAbort)
  }

  async function leadUntil(signal: AbortSignal): Promise<void> {
    // The browser's types say that there are always locks.
    const locks: LockManager | undefined = navigator.locks
    if (locks === undefined) return leadNow(signal)
    await locks.request(name, { signal }, () => leadNow(signal))
  }

  const leadNow = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (signal.aborted) return resolve()
      const stop = lead()
      signal.addEventListener('abort', () => {
        stop()
        resolve()
      })
    })

  function onVisibility(): void {
    if (document.visibilityState === 'hidden') {
      ending?.()
      ending = undefined
    } else if (ending === undefined) {
      onReturn()
      begin()
    }
  }

  channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    if (document.visibilityState !== 'hidden') onMessage(data)
  })
  document.addEventListener('visibilitychange', onVisibility)
  if (document.visibilityState !== 'hidden') begin()
  return {
    send: (message) => channel.postMessage(message),
    close() {
      document.removeEventListener('visibilitychange', onVisibility)
      ending?.()
      channel.close()
    },
  }
}

/** Ignores the abort of waiting for the lock, when the tab is hidden or the stream ends. */
function ignoreAbort(error: unknown): void {
  if (!(error instanceof DOMException && error.name === 'AbortError')) throw error
}
