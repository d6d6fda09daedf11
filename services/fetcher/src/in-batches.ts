/** An item that waits for its batch. */
interface Waiting<Item, Result> {
  readonly item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * Processes items in batches, one batch at a time. Items that arrive during a batch form the next one, so a single item is
 * processed at once. Items of one key are never in the same batch, and keep their order.
 * @param run resolves with a result for each item, in their order
 */
export function inBatches<Item, Result>(
  { atMost, keyOf }: { readonly atMost: number; readonly keyOf: (item: Item) => string },
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = []
  let isRunning = false

  function nextBatch(): Waiting<Item, Result>[] {
    const batch = new Map<string, Waiting<Item, Result>>()
    const rest: Waiting<Item, Result>[] = []
    for (const each of waiting) {
      const key = keyOf(each.item)
      if (batch.size < atMost && !batch.has(key)) batch.set(key, each)
      else rest.push(each)
    }
    waiting = rest
    return [...batch.values()]
  }

  async function runAll(): Promise<void> {
    if (isRunning) return
    isRunning = true
    while (waiting.length > 0) {
      const batch = nextBatch()
      try {
        const results = await run(batch.map(({ item }) => item))
        for (const [place, result] of results.entries()) batch[place]?.resolve(result)
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    isRunning = false
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      void runAll()
    })
}
