import type { EventType, StravaId } from '@ikigai/contracts'
import { ImportStatusSchema, StravaIdSchema } from '@ikigai/contracts'
import { type Static, type TSchema, Type } from 'typebox'

/** Something that happened to an athlete, as the stream of events tells it. */
export interface LiveEvent {
  /** Its place in the stream, the same on every gateway. */
  readonly sequence: number
  readonly type: EventType
  readonly athleteId: StravaId
  /** Which activity it is about, if about one. */
  readonly activityId?: StravaId | undefined
}

const ids = Type.Array(StravaIdSchema)

/** What happened to an athlete's activities since the last message that said so. */
export const ActivityChangesSchema = Type.Object(
  { created: ids, updated: ids, deleted: ids },
  { $id: 'ActivityChanges', additionalProperties: false },
)

/** See {@link ActivityChangesSchema}. */
export type ActivityChanges = Static<typeof ActivityChangesSchema>

/** A message of a stream that an athlete follows, its lines as an object. */
export const LiveMessageSchema = Type.Union(
  [
    message('import', ImportStatusSchema),
    message('activity', ActivityChangesSchema),
    message('reload', Type.Object({}, { additionalProperties: false })),
  ],
  {
    $id: 'LiveMessage',
    description: 'One message of the stream: what its lines `event`, `id` and `data` say',
  },
)

function message<const Name extends string, T extends TSchema>(event: Name, data: T) {
  return Type.Object(
    { event: Type.Literal(event), id: Type.Optional(Type.String()), data },
    { additionalProperties: false },
  )
}

/** What the events of one athlete come to: the last thing that happened to each activity. */
export function changesOf(events: readonly LiveEvent[]): ActivityChanges | undefined {
  const last = new Map<StravaId, keyof ActivityChanges>()
  for (const { type, activityId } of events) {
    if (activityId === undefined) continue
    const change = CHANGES[type]
    if (change === undefined) continue
    // New to whoever listens, however often it has changed since.
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
