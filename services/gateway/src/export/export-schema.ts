import { ActivitySchema, AthleteSchema, ImportStatusSchema, InstantSchema, Nullable } from '@ikigai/contracts'
import { type TProperties, Type } from 'typebox'

const strict = { additionalProperties: false }
const instant = (description: string) => Nullable({ ...InstantSchema, description })

const line = <const Kind extends string, P extends TProperties>(kind: Kind, properties: P) =>
  Type.Object({ kind: Type.Literal(kind), ...properties }, strict)

/** One line of an export. */
export const ExportLineSchema = Type.Union(
  [
    line('athlete', {
      athlete: AthleteSchema,
      strava_created_at: instant('When the Strava account was created; null: unknown'),
    }),
    line('import', { import: ImportStatusSchema }),
    line('activity', {
      activity: ActivitySchema,
      summary: Type.Unknown({
        description: "Strava's unchanged SummaryActivity; null: not fetched",
      }),
      detail: Type.Unknown({
        description: "Strava's unchanged DetailedActivity; null: not fetched",
      }),
      detail_fetched_at: instant('When the detail was fetched; null: not fetched'),
      viewed_at: instant('When the athlete last viewed it here'),
      hidden_at: instant('When it was hidden, because Strava reported it as deleted'),
    }),
    line('end', {
      activities: Type.Integer({ description: 'Number of activities in the export' }),
      left_out: Type.Object(
        {
          private: Type.Integer({ description: 'Private activities without the scope to read them' }),
          unconfirmed: Type.Integer({
            description: 'Not confirmed by Strava for so long that none may be used',
          }),
        },
        {
          ...strict,
          description: 'Activities that are stored, not exported, and about to be removed',
        },
      ),
    }),
  ],
  { $id: 'ExportLine', description: 'One line; `kind` names its content' },
)
