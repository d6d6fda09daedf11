import type { Athlete, ImportStatus } from '@ikigai/contracts'
import type { StoredData } from '../queries/stored-data.ts'

/** Contents of an export. */
export interface ExportSources {
  readonly athlete: Athlete
  readonly import: ImportStatus
  readonly stored: StoredData
}

/** Generates an export: one line of JSON text each. */
export async function* exportLines({
  athlete,
  import: status,
  stored,
}: ExportSources): AsyncGenerator<string> {
  const createdAt = await stored.stravaCreatedAt()
  yield lineOf({ kind: 'athlete', athlete, strava_created_at: createdAt?.toISOString() ?? null })
  yield lineOf({ kind: 'import', import: status })
  let count = 0
  for await (const batch of stored.activities()) {
    for (const line of batch) yield line
    count += batch.length
  }
  yield lineOf({ kind: 'end', activities: count, left_out: await stored.countOmitted() })
}

const lineOf = (content: object) => `${JSON.stringify(content)}\n`
