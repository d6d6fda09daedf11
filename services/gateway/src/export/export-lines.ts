import { ActivitySchema, AthleteSchema, ImportStatusSchema } from '@ikigai/contracts'
import { type TProperties, Type } from 'typebox'

const line = <const Kind extends string, P extends TProperties>(kind: Kind, properties: P) =>
  Type.Object({ kind: Type.Literal(kind), ...properties }, { additionalProperties: false })

/** One line of an export. */
export const ExportLineSchema = Type.Union(
  [
    line('athlete', { athlete: AthleteSchema }),
    line('import', { import: ImportStatusSchema }),
    line('activity', {
      activity: ActivitySchema,
      summary: Type.Unknown({
        description: "Strava's SummaryActivity, to the last digit; null: not fetched",
      }),
      detail: Type.Unknown({
        description: "Strava's DetailedActivity, to the last digit; null: not fetched",
      }),
    }),
    line('end', {
      activities: Type.Integer({ description: 'How many there were; without this line the export is cut' }),
    }),
  ],
  { $id: 'ExportLine', description: 'One line; `kind` says what it holds' },
)
