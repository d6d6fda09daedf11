/** Takes part in what tabs share. */
export interface Shared<Message> {
  /** Gives a message to the other tabs. */
  send(message: Message): void
  close(): void
}

/** What is shared, and how. */
export interface SharedOptions<Message> {
  /** The same in all tabs that share. */
  readonly name: string
  /** Begins in one visible tab at a time; returns what ends it. */
  readonly lead: () => () => void
  /** Another tab has sent this, while this one was visible. */
  readonly onMessage: (message: Message) => void
  /** This tab can be seen again: what was sent meanwhile may have been missed. */
  readonly onReturn: () => void
}

/**
 * Has one of the visible tabs of this origin lead, and the others listen to it. A hidden tab neither leads nor needs to: a
 * phone stops it without a word. Where a browser has no locks (an origin that is neither https nor this machine), every
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

/** Waiting for the lock has ended, because the tab was hidden or the page has no more use for it. */
function ignoreAbort(error: unknown): void {
  if (!(error instanceof DOMException && error.name === 'AbortError')) throw error
}
