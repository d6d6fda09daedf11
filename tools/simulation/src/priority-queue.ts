/** A binary heap: the least by `compare` comes out first. */
export class PriorityQueue<T> {
  readonly #items: T[] = []
  readonly #compare: (a: T, b: T) => number

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  get size(): number {
    return this.#items.length
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = items[above]
      if (parent === undefined || this.#compare(parent, item) <= 0) break
      items[at] = parent
      at = above
    }
    items[at] = item
  }

  pop(): T | undefined {
    const items = this.#items
    const top = items[0]
    const last = items.pop()
    if (last === undefined || items.length === 0) return top
    this.#sink(last)
    return top
  }

  #sink(item: T): void {
    const items = this.#items
    let at = 0
    for (;;) {
      const left = items[2 * at + 1]
      if (left === undefined) break
      const right = items[2 * at + 2]
      const rightFirst = right !== undefined && this.#compare(right, left) < 0
      const child = rightFirst ? right : left
      if (this.#compare(child, item) >= 0) break
      items[at] = child
      at = 2 * at + (rightFirst ? 2 : 1)
    }
    items[at] = item
  }
}
