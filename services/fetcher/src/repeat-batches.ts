/**
 * Repeats a statement that changes at most `batchSize` rows until it changes fewer. Small batches keep locks short.
 * @param once runs the statement and returns the number of rows that it changed
 * @returns the number of all changed rows
 */
export async function repeatBatches(batchSize: number, once: () => Promise<number>): Promise<number> {
  let all = 0
  for (;;) {
    const rows = await once()
    all += rows
    if (rows !== batchSize) return all
  }
}
