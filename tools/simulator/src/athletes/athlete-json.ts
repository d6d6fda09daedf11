import { float, idNumber, type JsonObject } from '../json/json-text.ts'
import { createRandom } from '../random.ts'
import type { AthleteRecord } from './records.ts'
import { isoSeconds } from './summary.ts'

/** A SummaryAthlete (`resource_state` 2), as in the answer to a code exchange (recorded 2026). */
export function summaryAthlete(athlete: AthleteRecord): JsonObject {
  const random = createRandom(athlete.seed, 11)
  const picture = `https://images.example/athletes/${athlete.id}`
  return {
    id: idNumber(athlete.id),
    username: athlete.username,
    resource_state: 2,
    firstname: athlete.firstname,
    lastname: athlete.lastname,
    bio: '',
    city: 'City',
    state: 'State',
    country: 'Country',
    sex: random.pick(['M', 'F', null]),
    premium: false,
    summit: false,
    created_at: isoSeconds(athlete.createdAt),
    updated_at: isoSeconds(athlete.createdAt),
    badge_type_id: 0,
    weight: float(Math.round(random.between(50, 95) * 10) / 10),
    profile_medium: `${picture}/medium.jpg`,
    profile: `${picture}/large.jpg`,
    friend: null,
    follower: null,
  }
}

/** A DetailedAthlete (`resource_state` 3), for tokens with `profile:read_all` (recorded 2025). */
export function detailedAthlete(athlete: AthleteRecord): JsonObject {
  return {
    ...summaryAthlete(athlete),
    resource_state: 3,
    blocked: false,
    can_follow: true,
    follower_count: 0,
    friend_count: 0,
    mutual_friend_count: 0,
    athlete_type: 1,
    date_preference: '%m/%d/%Y',
    measurement_preference: 'meters',
    clubs: [],
    postable_clubs_count: 0,
    ftp: null,
    bikes: [],
    shoes: [],
  }
}
