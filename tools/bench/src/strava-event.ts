/** A webhook event of Strava (Strava API docs, webhooks). */
export function stravaEvent(activityId: string, athleteId: string, eventTime = 1_900_000_000): string {
  return (
    `{"aspect_type":"create","event_time":${eventTime},"object_id":${activityId},"object_type":"activity",` +
    `"owner_id":${athleteId},"subscription_id":1,"updates":{}}`
  )
}
