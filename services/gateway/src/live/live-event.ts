import type { EventType, StravaId } from '@ikigai/contracts'
import { ImportStatusSchema, StravaIdSchema } from '@ikigai/contracts'
import { type Static, type TSchema, Type } from 'typebox'

/** An event of an athlete. */
export interface LiveEvent {
  /** Stream sequence, the same on every gateway. */
  readonly sequence: number
  readonly type: EventType
  readonly athleteId: StravaId
  /** The activity concerned, if any. */
  readonly activityId?: StravaId | undefined
}

const ids = Type.Array(StravaIdSchema)

/** Changes to an athlete's activities since the last such message. */
export const ActivityChangesSchema = Type.Object(
  { created: ids, updated: ids, deleted: ids },
  { $id: 'ActivityChanges', additionalProperties: false },
)

/** See {@link ActivityChangesSchema}. */
export type ActivityChanges = Static<typeof ActivityChangesSchema>

/** A message of an athlete's stream, its lines as properties. */
export const LiveMessageSchema = Type.Union(
  [
    message('import', ImportStatusSchema),
    message('activity', ActivityChangesSchema),
    message('reload', Type.Object({}, { additionalProperties: false })),
  ],
  {
    $id: 'LiveMessage',
    description: 'One message of the stream: its lines `event`, `id` and `data`',
  },
)

function message<const Name extends string, T extends TSchema>(event: Name, data: T) {
  return Type.Object(
    { event: Type.Literal(event), id: Type.Optional(Type.String()), data },
    { additionalProperties: false },
  )
}

/** Condenses the events of one athlete to the last change of each activity. */
export function changesOf(events: readonly LiveEvent[]): ActivityChanges | undefined {
  const last = new Map<StravaId, keyof ActivityChanges>()
  for (const { type, activityId } of events) {
    if (activityId === undefined) continue
    const change = CHANGES[type]
    if (change === undefined) continue
    // The client has not seen it yet, so it stays "created".
    const isNew = last.get(activityId) === 'created' && change === 'updated'
    last.set(activityId, isNew ? 'created' : change)
  }
  if (last.size === 0) return undefined
  const of = (change: keyof ActivityChanges) =>
    [...last].flatMap(([id, what]) => (what === change ? [id] : []))
  return { created: of('created'), updated: of('updated'), deleted: of('deleted') }
}

const CHANGES: Partial<Record<EventType, keyof ActivityChanges>> = {
  'activity.created': 'created',
  'activity.updated': 'updated',
  'activity.deleted': 'deleted',
}
