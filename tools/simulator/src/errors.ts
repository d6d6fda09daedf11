/** There is no athlete or activity with this id. */
export class UnknownRecordError extends Error {
  override readonly name = 'UnknownRecordError'

  constructor(record: 'athlete' | 'activity', id: string) {
    super(`there is no ${record} ${id}`)
  }
}

/** A date that cannot be parsed. */
export class InvalidDateError extends Error {
  override readonly name = 'InvalidDateError'

  constructor(value: string) {
    super(`not a date: ${value}`)
  }
}

/** An athlete with this id exists already. */
export class DuplicateAthleteError extends Error {
  override readonly name = 'DuplicateAthleteError'

  constructor(id: string) {
    super(`athlete ${id} is there already`)
  }
}
