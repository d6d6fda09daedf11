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
      strava_created_at: instant('When the account at Strava began; null: not told'),
    }),
    line('import', { import: ImportStatusSchema }),
    line('activity', {
      activity: ActivitySchema,
      summary: Type.Unknown({
        description: "Strava's SummaryActivity, to the last digit; null: not fetched",
      }),
      detail: Type.Unknown({
        description: "Strava's DetailedActivity, to the last digit; null: not fetched",
      }),
      detail_fetched_at: instant('When the detail was fetched; null: it was not'),
      viewed_at: instant('When the athlete last looked at it here'),
      hidden_at: instant('Since when it is not shown, because an event of Strava says that it is gone'),
    }),
    line('end', {
      activities: Type.Integer({ description: 'How many there were; without this line the export is cut' }),
      left_out: Type.Object(
        {
          private: Type.Integer({ description: 'Private, and private activities are not allowed any more' }),
          unconfirmed: Type.Integer({
            description: 'Not confirmed by Strava for so long that none may be used',
          }),
        },
        {
          ...strict,
          description: 'How many are still stored, are not in the export and are about to be removed',
        },
      ),
    }),
  ],
  { $id: 'ExportLine', description: 'One line; `kind` says what it holds' },
)
