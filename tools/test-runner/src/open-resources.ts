/** Open resources that keep this process alive, with the files that may have opened them. */
export interface Resources {
  /** Must be called after each file. */
  note(file: string): void
  /** Resources opened since the start: `Timeout (a.test.mjs)`. */
  leftOpen(): string[]
}

type Counts = ReadonlyMap<string, number>

/** Compares the event loop's resources (`process.getActiveResourcesInfo`) after each file with those before it. */
export function watchResources(): Resources {
  const atFirst = counts()
  let before = atFirst
  const sinceFiles = new Map<string, string[]>()
  return {
    note: (file) => {
      const now = counts()
      for (const type of grown(before, now)) sinceFiles.set(type, [...(sinceFiles.get(type) ?? []), file])
      before = now
    },
    leftOpen: () =>
      grown(atFirst, counts()).map((type) => {
        const files = sinceFiles.get(type) ?? []
        return files.length === 0 ? type : `${type} (since ${files.join(' or ')})`
      }),
  }
}

function counts(): Counts {
  const result = new Map<string, number>()
  for (const type of process.getActiveResourcesInfo()) result.set(type, (result.get(type) ?? 0) + 1)
  return result
}

const grown = (before: Counts, now: Counts): string[] =>
  [...now.keys()].filter((type) => (now.get(type) ?? 0) > (before.get(type) ?? 0))
